//! Execution of commands: one function for every command.

use super::{CalibrationHistory, ControlState, SourceChoice, StorageStatus};
use crate::{
    calibrate::{CalibrationRequest, Procedures},
    sense::{SenseWorker, tracking::ResetTracking},
    show::overlay::Picture,
    think::history::ShotHistory,
};
use bevy::{ecs::system::SystemParam, prelude::*};
use billiards_calibration::CalibrationSetup;
use billiards_overlay::PointsPicture;
use billiards_table::{
    ProjectorOutput,
    command::{Command, ProcedureCommand, ProjectorCommand, Refusal, SettingsCommand},
    settings::Settings,
};

/// Resources that commands act on.
#[derive(SystemParam)]
pub struct Controls<'w> {
    pub(super) control: ResMut<'w, ControlState>,
    pub(super) setup: ResMut<'w, CalibrationSetup>,
    pub(super) history: ResMut<'w, CalibrationHistory>,
    pub(super) worker: ResMut<'w, SenseWorker>,
    pub(super) storage: ResMut<'w, StorageStatus>,
    pub(super) settings: ResMut<'w, Settings>,
    overlay: Overlay<'w>,
    procedures: Option<Res<'w, Procedures>>,
    requests: MessageWriter<'w, CalibrationRequest>,
    shots: Option<ResMut<'w, ShotHistory>>,
    reset_tracking: MessageWriter<'w, ResetTracking>,
}

/// Resources of the overlay, if there is one.
#[derive(SystemParam)]
struct Overlay<'w> {
    output: Option<ResMut<'w, ProjectorOutput>>,
    picture: Option<ResMut<'w, Picture>>,
}

impl Controls<'_> {
    /// Executes a command.
    ///
    /// # Errors The command cannot be executed; nothing is changed.
    pub fn execute(&mut self, command: &Command) -> Result<(), Refusal> {
        let done = self.act(command);
        self.control.notice = match &done {
            Ok(notice) => notice.clone(),
            Err(refusal) => Some(refusal.to_string()),
        };
        done.map(|_| ())
    }

    /// Returns the present problems with files.
    pub fn storage(&mut self) -> &mut StorageStatus {
        &mut self.storage
    }

    /// Shows operators a notice that is not the answer to a command.
    pub fn notify(&mut self, notice: String) {
        self.control.notice = Some(notice);
    }

    /// Executes a command; returns the notice for the operator, if any.
    fn act(&mut self, command: &Command) -> Result<Option<String>, Refusal> {
        match command {
            Command::OpenSource(place) => self.open(*place)?,
            Command::ResetGame => {
                self.reset_tracking.write(ResetTracking);
                if let Some(shots) = &mut self.shots {
                    shots.clear();
                }
            }
            Command::Settings(command) => self.change_settings(command)?,
            Command::Setup(command) => self.change_setup(command)?,
            Command::Point(command) => {
                self.change_point(command)?;
                // An operator who moves a point wants to see it on the cloth.
                if let Some(picture) = &mut self.overlay.picture
                    && !matches!(**picture, Picture::Pattern(_) | Picture::Points(_))
                {
                    **picture = Picture::Points(PointsPicture::default());
                }
            }
            Command::Profile(command) => return self.change_profile(command).map(Some),
            Command::Procedure(command) => self.procedure(*command)?,
            Command::Projector(command) => self.project(command)?,
        }
        Ok(None)
    }

    fn change_settings(&mut self, command: &SettingsCommand) -> Result<(), Refusal> {
        let wanted = match command {
            SettingsCommand::Replace(settings) => settings.validate().map(|()| *settings),
            SettingsCommand::Patch(patch) => self.settings.patched(patch),
        };
        let wanted = wanted.map_err(|error| Refusal::Invalid(error.to_string()))?;
        self.settings.set_if_neq(wanted);
        Ok(())
    }

    /// Starts or cancels a calibration procedure; only one runs at a time, for they need the same pictures.
    fn procedure(&mut self, command: ProcedureCommand) -> Result<(), Refusal> {
        let request = match command {
            ProcedureCommand::Calibrate if !self.procedures.as_ref().is_some_and(|known| known.has_projector()) => {
                return Err(no_projector());
            }
            ProcedureCommand::Calibrate => CalibrationRequest::Start { camera_height: None },
            ProcedureCommand::MeasureLens => CalibrationRequest::StartLens,
            ProcedureCommand::Cancel => CalibrationRequest::Cancel,
        };
        if request != CalibrationRequest::Cancel {
            self.not_calibrating()?;
        }
        self.requests.write(request);
        Ok(())
    }

    fn project(&mut self, command: &ProjectorCommand) -> Result<(), Refusal> {
        match command {
            ProjectorCommand::SetOutput(output) => {
                needed(&mut self.overlay.output)?.set_if_neq(output.clone());
                Ok(())
            }
            ProjectorCommand::ShowCheck(true) => self.show(Picture::Check),
            ProjectorCommand::ShowCard(Some(card)) => self.show(Picture::Card(*card)),
            ProjectorCommand::ShowPoints(true) => self.show(Picture::Points(PointsPicture::default())),
            ProjectorCommand::ShowCheck(false) | ProjectorCommand::ShowCard(None) => self.show(Picture::Overlay),
            ProjectorCommand::ShowPoints(false) => {
                let picture = self.overlay.picture.as_mut();
                if let Some(picture) = picture.filter(|picture| matches!(***picture, Picture::Points(_))) {
                    **picture = Picture::Overlay;
                }
                Ok(())
            }
        }
    }

    fn open(&mut self, place: usize) -> Result<(), Refusal> {
        self.not_calibrating()?;
        let Some(SourceChoice { opener, .. }) = self.control.sources.get(place) else {
            let count = self.control.sources.len();
            return Err(Refusal::Missing(format!("there is no source {place}: there are {count}, counted from 0")));
        };
        let opener = opener.clone();
        if place != self.control.source {
            // Another camera has another pose.
            self.setup.search_table();
            self.control.source = place;
        }
        self.worker.switch_source(opener, self.setup.table_request().fixed);
        Ok(())
    }

    fn not_calibrating(&self) -> Result<(), Refusal> {
        let runs = self.procedures.as_ref().is_some_and(|procedures| procedures.progress().is_some());
        if runs { Err(Refusal::Busy("a calibration is running; cancel it first".to_owned())) } else { Ok(()) }
    }

    /// Projects another picture on the cloth, unless a calibration is running.
    fn show(&mut self, wanted: Picture) -> Result<(), Refusal> {
        let picture = needed(&mut self.overlay.picture)?;
        if matches!(**picture, Picture::Pattern(_)) {
            return Err(Refusal::Busy("the calibration needs the projector until it is done".to_owned()));
        }
        picture.set_if_neq(wanted);
        Ok(())
    }
}

/// Returns a resource of the overlay, which exists only if the run has a projector.
fn needed<T>(part: &mut Option<T>) -> Result<&mut T, Refusal> {
    part.as_mut().ok_or_else(no_projector)
}

fn no_projector() -> Refusal {
    Refusal::Unavailable("this run has no projector: nothing is projected".to_owned())
}
