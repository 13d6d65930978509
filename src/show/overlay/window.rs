//! The projector's window: opened on its monitor and restored after the monitor was disconnected.
//!
//! Monitors are known by name: their entities and their order change when a cable is disconnected and reconnected.

use super::projection::projector_camera;
use bevy::{
    camera::RenderTarget,
    prelude::*,
    window::{
        CursorOptions, Monitor, MonitorSelection, OnMonitor, PresentMode, PrimaryMonitor, WindowCloseRequested,
        WindowMode, WindowRef, WindowResolution,
    },
};
use billiards_table::{FrameSize, ProjectorMode, ProjectorOutput};

/// Size of the window when it does not fill a screen.
pub(super) const WINDOWED: FrameSize = FrameSize { width: 1280, height: 720 };

/// Physical size of the picture that goes to the projector, pixels. It follows the window.
#[derive(Resource, Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectorSurface {
    /// Columns and rows, pixels.
    pub size: FrameSize,
}

/// Marks the projector's window.
#[derive(Component, Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectorWindow {
    pub(super) placement: Placement,
}

#[cfg(test)]
impl ProjectorWindow {
    /// Returns a plain window.
    pub(super) fn windowed() -> Self {
        Self { placement: Placement::Windowed }
    }
}

/// Placement of the projector's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    /// Full screen on this monitor, or on the current one.
    Fullscreen(Option<Entity>),
    /// A plain window.
    Windowed,
}

impl Placement {
    fn mode(self) -> WindowMode {
        match self {
            Self::Fullscreen(Some(monitor)) => WindowMode::BorderlessFullscreen(MonitorSelection::Entity(monitor)),
            Self::Fullscreen(None) => WindowMode::BorderlessFullscreen(MonitorSelection::Current),
            Self::Windowed => WindowMode::Windowed,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Screen {
    entity: Entity,
    name: Option<String>,
    primary: bool,
    position: IVec2,
}

/// The connected monitors.
pub(super) type Monitors<'w, 's> = Query<'w, 's, (Entity, &'static Monitor, Has<PrimaryMonitor>)>;

/// Adds the two observers; the systems are ordered by the plugin.
pub(super) fn add_observers(app: &mut App) {
    app.add_observer(outlive_the_monitor).add_observer(close_the_cameras);
}

/// Bevy 0.19 despawns a monitor's windows with the monitor (bevyengine/bevy#24867): disconnecting a cable must not
/// close one.
fn outlive_the_monitor(linked: On<Insert, OnMonitor>, mut commands: Commands) {
    commands.entity(linked.entity).try_remove::<OnMonitor>();
}

/// Despawns the cameras of a closed window: the renderer treats a camera without a window as an error.
fn close_the_cameras(
    gone: On<Remove, ProjectorWindow>,
    cameras: Query<(Entity, &RenderTarget)>,
    mut commands: Commands,
) {
    for (camera, target) in &cameras {
        if matches!(target, RenderTarget::Window(WindowRef::Entity(window)) if *window == gone.entity) {
            commands.entity(camera).despawn();
        }
    }
}

/// Toggles between full screen and a window.
pub(super) fn toggle_screen(output: &mut ProjectorOutput, window: &ProjectorWindow, monitors: &Monitors) {
    output.mode = toggled(output, window.placement, &screens(monitors));
}

/// Keeps a window closed that the operator has closed.
pub(super) fn obey_close(
    mut requests: MessageReader<WindowCloseRequested>,
    windows: Query<(), With<ProjectorWindow>>,
    mut output: ResMut<ProjectorOutput>,
) {
    for request in requests.read() {
        if windows.contains(request.window) {
            info!("projector window closed; P opens it again");
            output.open = false;
        }
    }
}

/// Opens, moves and closes the window according to the settings.
pub(super) fn keep_window(
    mut commands: Commands,
    output: Res<ProjectorOutput>,
    monitors: Monitors,
    mut windows: Query<(Entity, &mut Window, &mut CursorOptions, &mut ProjectorWindow)>,
) {
    let screens = screens(&monitors);
    let placement = place(&output, &screens);
    let Some((entity, mut window, mut cursor, mut projector)) = windows.iter_mut().next() else {
        if output.open {
            report(placement, &screens);
            open(&mut commands, placement);
        }
        return;
    };
    if !output.open {
        commands.entity(entity).despawn();
    } else if projector.placement != placement {
        report(placement, &screens);
        projector.placement = placement;
        window.mode = placement.mode();
        if placement == Placement::Windowed {
            window.resolution.set_physical_resolution(WINDOWED.width, WINDOWED.height);
        }
        cursor.visible = placement == Placement::Windowed;
    }
}

/// Updates the size of the picture, which the calibration uses.
pub(super) fn follow_surface(windows: Query<&Window, With<ProjectorWindow>>, mut surface: ResMut<ProjectorSurface>) {
    for window in &windows {
        let size = FrameSize { width: window.physical_width(), height: window.physical_height() };
        // A minimised window has no size.
        if size.width > 0 && size.height > 0 {
            surface.set_if_neq(ProjectorSurface { size });
        }
    }
}

fn open(commands: &mut Commands, placement: Placement) {
    let window = commands
        .spawn((
            Name::new("Projector window"),
            ProjectorWindow { placement },
            Window {
                title: "Projector".into(),
                mode: placement.mode(),
                present_mode: PresentMode::AutoVsync,
                // One unit of the window is one pixel of the projector, whatever the scale factor of the desktop.
                resolution: WindowResolution::new(WINDOWED.width, WINDOWED.height).with_scale_factor_override(1.0),
                ..default()
            },
            CursorOptions { visible: placement == Placement::Windowed, ..default() },
        ))
        .id();
    commands.spawn(projector_camera(RenderTarget::Window(WindowRef::Entity(window)), Msaa::Sample4));
}

fn report(placement: Placement, screens: &[Screen]) {
    let name = |entity: Entity| {
        screens.iter().find(|screen| screen.entity == entity).and_then(|screen| screen.name.as_deref())
    };
    match placement {
        Placement::Fullscreen(Some(monitor)) => {
            info!("projector: fullscreen on {}", name(monitor).unwrap_or("a nameless monitor"));
        }
        Placement::Fullscreen(None) => info!("projector: fullscreen"),
        Placement::Windowed => info!("projector: in a window"),
    }
}

fn screens(monitors: &Monitors) -> Vec<Screen> {
    let screens = monitors.iter().map(|(entity, monitor, primary)| Screen {
        entity,
        name: monitor.name.clone(),
        primary,
        position: monitor.physical_position,
    });
    screens.collect()
}

fn place(output: &ProjectorOutput, screens: &[Screen]) -> Placement {
    let chosen = match &output.monitor {
        Some(name) => screens.iter().find(|screen| screen.name.as_ref() == Some(name)),
        None => {
            // The operator uses the primary monitor, or else the leftmost.
            let mut in_order: Vec<_> = screens.iter().collect();
            in_order.sort_by_key(|screen| (!screen.primary, screen.position.x, screen.position.y));
            in_order.get(1).copied()
        }
    };
    match (output.mode, chosen) {
        (ProjectorMode::Windowed, _) | (ProjectorMode::Auto, None) => Placement::Windowed,
        (_, Some(screen)) => Placement::Fullscreen(Some(screen.entity)),
        (ProjectorMode::Fullscreen, None) => Placement::Fullscreen(None),
    }
}

/// Returns the mode after Esc or F11: `Auto` if that fills a screen, so that a disconnected cable is still noticed.
fn toggled(output: &ProjectorOutput, now: Placement, screens: &[Screen]) -> ProjectorMode {
    let auto = ProjectorOutput { mode: ProjectorMode::Auto, ..output.clone() };
    match (now, place(&auto, screens)) {
        (Placement::Fullscreen(_), _) => ProjectorMode::Windowed,
        (Placement::Windowed, Placement::Fullscreen(_)) => ProjectorMode::Auto,
        (Placement::Windowed, Placement::Windowed) => ProjectorMode::Fullscreen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::overlay::{Picture, ProjectorCamera, shortcuts::obey_keys};
    use bevy::input::{
        ButtonState,
        keyboard::{Key, KeyboardInput},
    };
    use billiards_table::settings::Settings;

    fn app(monitor: Option<&str>) -> App {
        let mut app = App::new();
        app.add_plugins(MinimalPlugins)
            .add_message::<KeyboardInput>()
            .add_message::<WindowCloseRequested>()
            .insert_resource(ProjectorOutput { monitor: monitor.map(str::to_owned), ..default() })
            .insert_resource(ProjectorSurface { size: FrameSize { width: 1, height: 1 } })
            .init_resource::<Picture>()
            .init_resource::<Settings>()
            .add_systems(Update, (obey_keys, obey_close, keep_window, follow_surface).chain());
        add_observers(&mut app);
        app
    }

    fn plug(app: &mut App, name: &str, x: i32) -> Entity {
        let monitor = Monitor {
            name: Some(name.into()),
            physical_height: 1080,
            physical_width: 1920,
            physical_position: IVec2::new(x, 0),
            refresh_rate_millihertz: None,
            scale_factor: 1.0,
            video_modes: Vec::new(),
        };
        app.world_mut().spawn(monitor).id()
    }

    fn mode(app: &mut App) -> Option<WindowMode> {
        let mut windows = app.world_mut().query_filtered::<&Window, With<ProjectorWindow>>();
        windows.iter(app.world()).next().map(|window| window.mode)
    }

    fn window(app: &mut App) -> Entity {
        let mut windows = app.world_mut().query_filtered::<Entity, With<ProjectorWindow>>();
        windows.single(app.world()).expect("one window")
    }

    fn cameras(app: &mut App) -> usize {
        app.world_mut().query::<&ProjectorCamera>().iter(app.world()).count()
    }

    fn fills(monitor: Entity) -> Option<WindowMode> {
        Some(WindowMode::BorderlessFullscreen(MonitorSelection::Entity(monitor)))
    }

    fn press(app: &mut App, key: Key, window: Entity) {
        app.world_mut().write_message(KeyboardInput {
            key_code: KeyCode::KeyA,
            logical_key: key,
            state: ButtonState::Pressed,
            text: None,
            repeat: false,
            window,
        });
        app.update();
    }

    #[test]
    fn one_screen_gets_a_window_and_two_a_projector() {
        let mut app = app(None);
        let desk = plug(&mut app, "eDP-1", 1920);
        app.world_mut().entity_mut(desk).insert(PrimaryMonitor);
        app.update();
        assert_eq!(mode(&mut app), Some(WindowMode::Windowed));
        assert_eq!(app.world().resource::<ProjectorSurface>().size, FrameSize { width: 1280, height: 720 });
        let projector = plug(&mut app, "HDMI-1", 0);
        app.update();
        assert_eq!(mode(&mut app), fills(projector));
        assert_eq!(cameras(&mut app), 1);
    }

    #[test]
    fn the_window_outlives_its_monitor_and_returns_to_it() {
        let mut app = app(Some("HDMI-1"));
        plug(&mut app, "eDP-1", 0);
        let projector = plug(&mut app, "HDMI-1", 1920);
        app.update();
        assert_eq!(mode(&mut app), fills(projector));
        let opened = window(&mut app);
        // The window back end does this once the window exists.
        app.world_mut().entity_mut(opened).insert(OnMonitor(projector));
        app.update();
        app.world_mut().entity_mut(projector).despawn();
        app.update();
        assert_eq!(window(&mut app), opened, "the same window");
        assert_eq!(mode(&mut app), Some(WindowMode::Windowed), "and not over the operator's screen");
        let back = plug(&mut app, "HDMI-1", 1920);
        app.update();
        assert_eq!(mode(&mut app), fills(back));
        assert_eq!(window(&mut app), opened);
    }

    #[test]
    fn another_monitor_is_not_taken_for_the_chosen_one() {
        let mut app = app(Some("HDMI-2"));
        plug(&mut app, "eDP-1", 0);
        plug(&mut app, "HDMI-1", 1920);
        app.update();
        assert_eq!(mode(&mut app), Some(WindowMode::Windowed));
    }

    #[test]
    fn keys_switch_between_screen_and_window() {
        let mut app = app(None);
        plug(&mut app, "eDP-1", 0);
        let projector = plug(&mut app, "HDMI-1", 1920);
        app.update();
        let opened = window(&mut app);
        press(&mut app, Key::F11, opened);
        assert_eq!(mode(&mut app), Some(WindowMode::Windowed));
        press(&mut app, Key::Escape, opened);
        assert_eq!(mode(&mut app), fills(projector));
        let elsewhere = app.world_mut().spawn_empty().id();
        press(&mut app, Key::F11, elsewhere);
        assert_eq!(mode(&mut app), fills(projector), "a key in the operator's window is not for the projector's");
    }

    #[test]
    fn on_the_only_screen_the_key_fills_it() {
        let mut app = app(None);
        plug(&mut app, "eDP-1", 0);
        app.update();
        let opened = window(&mut app);
        press(&mut app, Key::F11, opened);
        assert_eq!(mode(&mut app), Some(WindowMode::BorderlessFullscreen(MonitorSelection::Current)));
    }

    #[test]
    fn a_closed_window_takes_its_camera_along_and_p_brings_both_back() {
        let mut app = app(None);
        app.update();
        assert_eq!((mode(&mut app).is_some(), cameras(&mut app)), (true, 1));
        let opened = window(&mut app);
        app.world_mut().write_message(WindowCloseRequested { window: opened });
        app.update();
        app.update();
        assert_eq!((mode(&mut app), cameras(&mut app)), (None, 0));
        let elsewhere = app.world_mut().spawn_empty().id();
        press(&mut app, Key::Character("p".into()), elsewhere);
        assert_eq!((mode(&mut app).is_some(), cameras(&mut app)), (true, 1));
    }

    #[test]
    fn a_window_that_vanished_is_opened_again() {
        let mut app = app(None);
        app.update();
        let opened = window(&mut app);
        app.world_mut().entity_mut(opened).despawn();
        app.update();
        assert_ne!(window(&mut app), opened);
        assert_eq!(cameras(&mut app), 1);
    }
}
