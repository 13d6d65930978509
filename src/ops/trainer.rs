//! The trainer put together: which plugins a run consists of.

use crate::{
    app::{PipelineSystems, StagesPlugin},
    model::{FrameSize, PatternPicture, ProjectorPicture},
    ops::settings::SettingsFilePlugin,
    rig::calibration::{
        CalibrationPlugin, CalibrationSetup, LensCalibration, LensCalibrationPlugin, ProjectorSetup,
        automatic::{AutomaticCalibration, AutomaticCalibrationPlugin, CalibrationSummary},
        save_keeping,
    },
    sense::{SenseOptions, SensePlugin, capture::Opener, tracking::TrackingPlugin, vision::BallSet},
    show::{
        control::{ControlPlugin, Desk, Settings, SourceChoice},
        export::{ExportMode, ExportPlugin},
        overlay::{OverlayOutput, OverlayPlugin, OverlaySwitch, Picture, ProjectorSurface},
        panel::PanelPlugin,
        remote::{LogTail, RemotePlugin, ServerInfo, access::Tokens, settings::RemoteSettings},
        tap::ProjectorTapPlugin,
    },
    think::{history::HistoryPlugin, physics::Physics, prediction::PredictionPlugin, world::TableWorldPlugin},
};
use bevy::{
    app::{ScheduleRunnerPlugin, TerminalCtrlCHandlerPlugin},
    log::{LogPlugin, tracing_subscriber},
    prelude::*,
    render::{
        RenderPlugin,
        error_handler::{ErrorType, RenderErrorHandler, RenderErrorPolicy},
        pipelined_rendering::PipelinedRenderingPlugin,
    },
    window::ExitCondition,
    winit::{WinitPlugin, WinitSettings},
};
use std::{
    io::{self, IsTerminal},
    net::TcpListener,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

/// Size of the projector's picture without a window and without a profile that says it.
const HEADLESS_PICTURE: FrameSize = FrameSize { width: 1280, height: 720 };
/// Headless updates are no more frequent than this,
const HEADLESS_UPDATE: Duration = Duration::from_millis(8);
/// and than this where something stands in for a projector: a true one shows 60 pictures a second.
const PROJECTOR_PICTURE: Duration = Duration::from_nanos(16_666_667);

/// Where people look at the table.
pub(super) enum Stage {
    /// The operator's window, and the projector's on the monitor of this name.
    Windows {
        /// Name of the projector's monitor; `None`: the second one.
        monitor: Option<String>,
    },
    /// No window; the overlay is drawn where somebody takes it.
    Headless,
}

/// What a run consists of.
pub(super) struct Trainer {
    /// Opens the source.
    pub opener: Opener,
    /// How its frames are processed.
    pub sense: SenseOptions,
    /// Time that the camera takes to read a picture, seconds.
    pub readout: f64,
    /// The balls; recognised without.
    pub balls: Option<BallSet>,
    /// What is known of camera, table and projector.
    pub setup: CalibrationSetup,
    /// How the balls move.
    pub physics: Physics,
    /// What can be set while the program runs.
    pub settings: Settings,
    /// Where messages go of our own accord.
    pub remote: RemoteSettings,
    /// Keeps settings in a file; nothing is kept without.
    pub settings_file: Option<SettingsFilePlugin>,
    /// Predictions are made for each frame, in step with it.
    pub in_step: bool,
    /// Where people look.
    pub stage: Stage,
    /// What the operator may choose to look at.
    pub sources: Vec<SourceChoice>,
    /// The page's socket; no page without.
    pub listener: Option<TcpListener>,
    /// Who may do what on the page; new ones without.
    pub tokens: Option<Tokens>,
    /// Pictures in files.
    pub export: Option<(PathBuf, ExportMode)>,
    /// Stands in for a projector: takes what the overlay draws, picture by picture.
    pub projector: Option<Projector>,
    /// Where the calibration is saved when somebody asks for it.
    pub profile: PathBuf,
    /// Whether an automatic calibration is saved by itself.
    pub saves: bool,
    /// Whether the log is set up; once in a program.
    pub log: bool,
}

/// What stands in for a projector.
pub(super) type Projector = Box<dyn Fn(ProjectorPicture) + Send + Sync>;

impl Trainer {
    /// The app, with everything but a way to end.
    pub fn build(self) -> App {
        let mut app = App::new();
        let headless = matches!(self.stage, Stage::Headless);
        let headless_update = if self.projector.is_some() { PROJECTOR_PICTURE } else { HEADLESS_UPDATE };
        add_engine(&mut app, headless.then_some(headless_update), self.log, self.in_step);
        let picture = self.setup.projector.as_ref().map_or(HEADLESS_PICTURE, ProjectorSetup::size);
        let given = self.setup.camera.map(|(seen, _)| (seen.size, seen.corners));
        let Settings { overlay, shot } = self.settings;
        app.insert_resource(shot)
            .insert_resource(overlay.theme)
            .insert_resource(overlay.style)
            .insert_resource(OverlaySwitch { on: overlay.on });
        app.add_plugins((
            StagesPlugin,
            SensePlugin::new(self.opener, self.balls.clone(), self.sense).with_table(given),
            CalibrationPlugin { setup: self.setup },
            LensCalibrationPlugin,
            TrackingPlugin { balls: self.balls, readout: self.readout },
            TableWorldPlugin,
            PredictionPlugin { in_step: self.in_step, physics: self.physics },
            HistoryPlugin,
        ));
        if let Some(listener) = self.listener {
            let log = app.world().get_resource::<LogTail>().cloned().unwrap_or_default();
            let mut remote =
                RemotePlugin::new(listener, ServerInfo::default()).with_settings(self.remote).with_log(log);
            if let Some(tokens) = self.tokens {
                remote = remote.with_tokens(tokens);
            }
            app.add_plugins(remote);
        }
        let output = match &self.stage {
            Stage::Windows { monitor } => Some(OverlayOutput::Window { monitor: monitor.clone() }),
            // Nobody looks at light that goes into no picture.
            Stage::Headless => {
                let taken = self.export.is_some() || self.projector.is_some();
                taken.then_some(OverlayOutput::Image { size: picture })
            }
        };
        if let Some(output) = output {
            app.add_plugins((OverlayPlugin { output }, AutomaticCalibrationPlugin))
                .add_systems(Update, follow_projector.after(PipelineSystems::Ingest).before(PipelineSystems::Track))
                .add_systems(Update, throw_patterns.after(PipelineSystems::Coach).before(PipelineSystems::Present));
        }
        if let Some(projector) = self.projector {
            app.add_plugins(ProjectorTapPlugin::new(picture, projector));
        }
        if let Some((dir, mode)) = self.export {
            app.add_plugins(ExportPlugin { dir, mode });
        }
        if self.saves {
            app.add_systems(Last, newly_calibrated.pipe(save_calibration));
        } else {
            app.add_systems(Last, newly_calibrated.pipe(tell_unsaved));
        }
        app.add_plugins(ControlPlugin { profile: self.profile, sources: self.sources });
        if let Some(file) = self.settings_file {
            app.add_plugins(file);
        }
        if !headless {
            app.add_plugins(PanelPlugin);
        }
        app
    }
}

/// Bevy itself: log, renderer, windows where there are any; without, at most one update in each `headless_update`.
fn add_engine(app: &mut App, headless_update: Option<Duration>, log: bool, in_step: bool) {
    let logged = LogPlugin {
        filter: "warn,billiards_trainer=info,wgpu_hal=error,wgpu_core=error,bevy_render::view::window::screenshot=off"
            .into(),
        fmt_layer: |_| {
            let to_stderr = tracing_subscriber::fmt::Layer::default().with_writer(io::stderr);
            // Colours are for people, not for files.
            Some(Box::new(to_stderr.with_ansi(io::stderr().is_terminal())))
        },
        custom_layer: |app| {
            let tail = LogTail::default();
            app.insert_resource(tail.clone());
            Some(Box::new(tail))
        },
        ..default()
    };
    // The first picture must not be black because its pipeline is still being compiled.
    let render = RenderPlugin { synchronous_pipeline_compilation: headless_update.is_some(), ..default() };
    let defaults = DefaultPlugins.set(render).set(logged).disable::<TerminalCtrlCHandlerPlugin>();
    let defaults = if log { defaults } else { defaults.disable::<LogPlugin>() };
    // In step, the picture of an update is finished with it.
    let defaults = if in_step { defaults.disable::<PipelinedRenderingPlugin>() } else { defaults };
    if let Some(update) = headless_update {
        let no_window = WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() };
        app.add_plugins(defaults.set(no_window).disable::<WinitPlugin>())
            .add_plugins(ScheduleRunnerPlugin::run_loop(update));
    } else {
        let window = Window { title: "Billiards Trainer".into(), resolution: (1280, 720).into(), ..default() };
        let window =
            WindowPlugin { primary_window: Some(window), exit_condition: ExitCondition::OnPrimaryClosed, ..default() };
        app.add_plugins(defaults.set(window))
            // A table that nobody clicks on is still played on.
            .insert_resource(WinitSettings::continuous());
    }
    app.insert_resource(RenderErrorHandler(|error, _, _| match error.ty {
        ErrorType::DeviceLost => RenderErrorPolicy::Recover(default()),
        _ => RenderErrorPolicy::StopRendering,
    }));
}

/// The projector's picture is as large as its window.
fn follow_projector(surface: Res<ProjectorSurface>, mut setup: ResMut<CalibrationSetup>) {
    if setup.projector_size == surface.size {
        return;
    }
    setup.projector_size = surface.size;
    if let Some(made_for) = setup.projector.as_ref().map(ProjectorSetup::size).filter(|size| *size != surface.size) {
        warn!(
            "the projector is calibrated for {}×{} but its picture is {}×{}: the table is thought centred in it",
            made_for.width, made_for.height, surface.size.width, surface.size.height
        );
    }
}

/// The automatic calibration has the projector while it runs.
fn throw_patterns(
    automatic: Res<AutomaticCalibration>,
    mut picture: ResMut<Picture>,
    mut before: Local<Option<Picture>>,
) {
    if automatic.progress().is_some() {
        let wanted = automatic.picture().map(|pattern| Picture::Pattern(PatternPicture::clone(pattern)));
        let wanted = wanted.unwrap_or_else(|| Picture::Pattern(PatternPicture::default()));
        if *picture != wanted {
            let last = std::mem::replace(&mut *picture, wanted);
            if !matches!(last, Picture::Pattern(_)) {
                *before = Some(last);
            }
        }
    } else if let Some(before) = before.take() {
        *picture = before;
    }
}

/// Returns whether an automatic calibration or a measurement of the lens has succeeded since the last update.
fn newly_calibrated(
    (automatic, lens): (Option<Res<AutomaticCalibration>>, Res<LensCalibration>),
    mut known: Local<Option<Arc<CalibrationSummary>>>,
) -> bool {
    let newest = automatic.as_ref().and_then(|automatic| automatic.last()?.as_ref().ok());
    let found = newest.filter(|newest| known.as_ref().is_none_or(|known| !Arc::ptr_eq(known, newest)));
    if let Some(found) = found {
        *known = Some(Arc::clone(found));
    }
    found.is_some() || (lens.is_changed() && matches!(lens.last(), Some(Ok(_))))
}

/// Says that the profile of the real table is not replaced.
fn tell_unsaved(In(calibrated): In<bool>, mut desk: ResMut<Desk>) {
    if calibrated {
        let words = "not saved: the source is not a real table; start with --profile NAME to keep its calibration";
        info!("{words}");
        desk.notice = Some(words.to_owned());
    }
}

/// Saves what a calibration that goes by itself found.
fn save_calibration(In(calibrated): In<bool>, setup: Res<CalibrationSetup>, mut desk: ResMut<Desk>) {
    if !calibrated {
        return;
    }
    match save_keeping(&desk.profile, &setup.to_profile()) {
        Ok(()) => {
            info!("profile saved: {}", desk.profile.display());
            desk.list_profiles();
        }
        Err(error) => error!("{error}"),
    }
}
