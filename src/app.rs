//! Assembly of the application: the plugins that a run consists of.

use crate::{
    calibrate::{Procedures, ProceduresPlugin, sense_and_calibrate},
    operate::{
        ControlPlugin, ControlState, SourceChoice, StorageStatus,
        autosave::{newly_calibrated, notify_unsaved, save_calibration},
        settings_file::SettingsFilePlugin,
    },
    sense::{SenseOptions, SensePlugin, tracking::TrackingPlugin},
    show::{
        export::ExportPlugin,
        overlay::{OverlayOutput, OverlayPlugin, Picture, ProjectorSurface},
        panel::PanelPlugin,
        remote::{RemotePlugin, server_config},
        tap::ProjectorTapPlugin,
    },
    stages::{PipelineSystems, StagesPlugin},
    think::{history::HistoryPlugin, prediction::PredictionPlugin, world::TableWorldPlugin},
};
use bevy::{
    app::{ScheduleRunnerPlugin, TerminalCtrlCHandlerPlugin},
    log::{LogPlugin, tracing_subscriber},
    prelude::*,
    render::{
        RenderPlugin,
        error_handler::{ErrorType, RenderErrorHandler, RenderErrorPolicy},
        pipelined_rendering::PipelinedRenderingPlugin,
        renderer::RenderAdapterInfo,
    },
    window::ExitCondition,
    winit::{WinitPlugin, WinitSettings},
};
use billiards_calibration::{CalibrationSetup, ProjectorSetup};
use billiards_capture::Opener;
use billiards_physics::fitting::TablePhysics;
use billiards_server::{LogTail, ServerConfig, access::Tokens, settings::RemoteSettings};
use billiards_table::{BallSet, FrameSize, PatternPicture, ProjectorPicture, settings::Settings};
use std::{
    io::{self, IsTerminal},
    net::TcpListener,
    path::PathBuf,
    time::Duration,
};

/// Size of the projector's picture when there is neither a window nor a profile that states it, pixels.
const HEADLESS_PICTURE: FrameSize = FrameSize { width: 1280, height: 720 };
/// Minimum time between two headless updates.
const HEADLESS_UPDATE: Duration = Duration::from_millis(8);
/// Minimum time between two headless updates with a stand-in for a projector: a real one shows 60 pictures a second.
const PROJECTOR_PICTURE: Duration = Duration::from_nanos(16_666_667);

/// Outputs on which people see the table.
pub(crate) enum Stage {
    /// The operator's window, and the projector's window on the named monitor.
    Windows {
        /// Name of the projector's monitor; `None`: the second monitor.
        monitor: Option<String>,
    },
    /// No window; the overlay is drawn only if the export or the projector takes it.
    Headless,
}

/// Configuration of a run.
pub(crate) struct Trainer {
    /// Opens the source.
    pub opener: Opener,
    /// Processing of the source's frames.
    pub sense: SenseOptions,
    /// Time that the camera takes to read a picture, seconds.
    pub readout: f64,
    /// Set of balls in play; `None`: it is recognised.
    pub balls: Option<BallSet>,
    /// Known calibration of camera, table and projector.
    pub setup: CalibrationSetup,
    /// Measured friction and restitution by which balls are predicted; the rest is that of the table.
    pub physics: TablePhysics,
    /// Settings that can be changed while the program runs.
    pub settings: Settings,
    /// Settings of the remote view, with the publishers to which messages are sent.
    pub remote: RemoteSettings,
    /// Keeps settings in a file; `None`: settings are not kept.
    pub settings_file: Option<SettingsFilePlugin>,
    /// Problems found while reading the user's files.
    pub storage: StorageStatus,
    /// Makes a prediction for each frame, in step with it.
    pub in_step: bool,
    /// Outputs on which people see the table.
    pub stage: Stage,
    /// Sources that the operator can choose.
    pub sources: Vec<SourceChoice>,
    /// Listening socket of the page; `None`: no page.
    pub listener: Option<TcpListener>,
    /// Access tokens of the page; `None`: new ones are made.
    pub tokens: Option<Tokens>,
    /// Export of pictures to files.
    pub export: Option<ExportPlugin>,
    /// Stand-in for a projector: receives what the overlay draws, picture by picture.
    pub projector: Option<Projector>,
    /// File in which the calibration is saved on request.
    pub profile: PathBuf,
    /// Set if an automatic calibration is saved without a request.
    pub saves: bool,
    /// Set if the run sets up the log, which is possible once per process.
    pub log: bool,
}

/// Stand-in for a projector.
pub(crate) type Projector = Box<dyn Fn(ProjectorPicture) + Send + Sync>;

impl Trainer {
    /// Creates a headless trainer that knows only its source and the setup: default settings and physics, no page, no
    /// exported pictures, no projector. Nothing is saved.
    pub fn new(opener: Opener, setup: CalibrationSetup) -> Self {
        Self {
            opener,
            sense: SenseOptions::default(),
            readout: 0.0,
            balls: None,
            setup,
            physics: TablePhysics::default(),
            settings: Settings::default(),
            remote: RemoteSettings::default(),
            settings_file: None,
            storage: StorageStatus::default(),
            in_step: false,
            stage: Stage::Headless,
            sources: Vec::new(),
            listener: None,
            tokens: None,
            export: None,
            projector: None,
            profile: "table.json".into(),
            saves: false,
            log: true,
        }
    }

    /// Builds the app; it has no means of exiting yet.
    pub fn build(self) -> App {
        let mut app = App::new();
        let headless = matches!(self.stage, Stage::Headless);
        let headless_update = if self.projector.is_some() { PROJECTOR_PICTURE } else { HEADLESS_UPDATE };
        add_engine(&mut app, headless.then_some(headless_update), self.log, self.in_step);
        let picture = self.setup.projector.as_ref().map_or(HEADLESS_PICTURE, ProjectorSetup::size);
        app.insert_resource(self.settings);
        app.add_plugins((
            StagesPlugin,
            sense_and_calibrate(SensePlugin::new(self.opener, self.balls.clone(), self.sense), self.setup),
            TrackingPlugin { balls: self.balls, readout: self.readout },
            TableWorldPlugin,
            PredictionPlugin { in_step: self.in_step, physics: self.physics },
            HistoryPlugin,
        ));
        if let Some(listener) = self.listener {
            let mut config = ServerConfig { settings: self.remote, ..server_config() };
            if let Some(log) = app.world().get_resource::<SharedLogTail>() {
                config.log = log.0.clone();
            }
            if let Some(tokens) = self.tokens {
                config.tokens = tokens;
            }
            app.add_plugins(RemotePlugin::new(listener, config));
        }
        let output = match &self.stage {
            Stage::Windows { monitor } => Some(OverlayOutput::Window { monitor: monitor.clone() }),
            // Without export and projector the overlay is not drawn at all.
            Stage::Headless => {
                let taken = self.export.is_some() || self.projector.is_some();
                taken.then_some(OverlayOutput::Image { size: picture })
            }
        };
        app.add_plugins(ProceduresPlugin { has_projector: output.is_some() });
        if let Some(output) = output {
            app.add_plugins(OverlayPlugin { output })
                .add_systems(Update, follow_projector.after(PipelineSystems::Ingest).before(PipelineSystems::Track))
                .add_systems(Update, project_patterns.after(PipelineSystems::Coach).before(PipelineSystems::Present));
        }
        if let Some(projector) = self.projector {
            app.add_plugins(ProjectorTapPlugin::new(picture, projector));
        }
        if let Some(export) = self.export {
            app.add_plugins(export);
        }
        app.add_plugins(ControlPlugin { profile: self.profile, sources: self.sources });
        let mut control = app.world_mut().resource_mut::<ControlState>();
        control.notice = self.storage.problems().first().map(|problem| problem.message.clone());
        if self.saves {
            // If another program holds the lock, that is reported when there is something to save.
            control.profile.lock().ok();
            app.add_systems(Last, newly_calibrated.pipe(save_calibration));
        } else {
            app.add_systems(Last, newly_calibrated.pipe(notify_unsaved));
        }
        if let Some(SharedLogTail(log)) = app.world().get_resource() {
            self.storage.problems().iter().for_each(|problem| log.note_warning(module_path!(), &problem.message));
        }
        app.insert_resource(self.storage);
        if let Some(file) = self.settings_file {
            app.add_plugins(file);
        }
        if !headless {
            app.add_plugins(PanelPlugin);
        }
        app.add_systems(Update, warn_of_software_rendering.run_if(resource_added::<RenderAdapterInfo>));
        app
    }
}

/// Returns the plugin that logs warnings and errors to standard error.
pub(crate) fn stderr_log() -> LogPlugin {
    LogPlugin {
        // Warnings of libraries concern developers; RUST_LOG=warn shows them.
        filter: "error,billiards=info,bevy_render::view::window::screenshot=off".into(),
        fmt_layer: |_| {
            let to_stderr = tracing_subscriber::fmt::Layer::default().with_writer(io::stderr);
            // Colours only on a terminal, not in files.
            Some(Box::new(to_stderr.with_ansi(io::stderr().is_terminal())))
        },
        ..default()
    }
}

/// Newest lines of the log, which the server shows to operators.
#[derive(Resource)]
struct SharedLogTail(LogTail);

/// Adds Bevy: log, renderer and windows. Without windows there is at most one update per `headless_update`.
fn add_engine(app: &mut App, headless_update: Option<Duration>, log: bool, in_step: bool) {
    let logged = LogPlugin {
        custom_layer: |app| {
            let tail = LogTail::default();
            app.insert_resource(SharedLogTail(tail.clone()));
            Some(Box::new(tail))
        },
        ..stderr_log()
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
            // Update continuously: play goes on without input from the operator.
            .insert_resource(WinitSettings::continuous());
    }
    app.insert_resource(RenderErrorHandler(|error, _, _| match error.ty {
        ErrorType::DeviceLost => RenderErrorPolicy::Recover(default()),
        _ => RenderErrorPolicy::StopRendering,
    }));
}

/// Warns that there is no graphics card, or that none is used: everything is slow then.
fn warn_of_software_rendering(adapter: Res<RenderAdapterInfo>) {
    if adapter.device_type == wgpu::DeviceType::Cpu {
        warn!("no graphics card draws: {} does it in software, which is slow; `doctor` lists the cards", adapter.name);
    }
}

/// Sets the size of the projector's picture to that of its window.
fn follow_projector(surface: Res<ProjectorSurface>, mut setup: ResMut<CalibrationSetup>) {
    if setup.projector_size == surface.size {
        return;
    }
    setup.projector_size = surface.size;
    if let Some(made_for) = setup.projector.as_ref().map(ProjectorSetup::size).filter(|size| *size != surface.size) {
        warn!(
            "the projector is calibrated for {}×{} but its picture is {}×{}: the table is assumed to be centred in it",
            made_for.width, made_for.height, surface.size.width, surface.size.height
        );
    }
}

/// Gives the projector to the calibration of camera and projector while it runs.
fn project_patterns(
    procedures: Res<Procedures>,
    surface: Res<ProjectorSurface>,
    mut picture: ResMut<Picture>,
    mut before: Local<Option<Picture>>,
) {
    if procedures.needs_projector() {
        let dark = || PatternPicture::even(surface.size, 0);
        let wanted = Picture::Pattern(procedures.picture().map_or_else(dark, |pattern| PatternPicture::clone(pattern)));
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
