//! Placement of the operator's and the projector's windows so that neither covers the other.
//!
//! Compositors that place windows themselves (Wayland) ignore all of this.

use super::window::{Monitors, Placement, ProjectorWindow, WINDOWED};
use bevy::{
    prelude::*,
    window::{Monitor, PrimaryWindow},
};

/// Space for a window's title bar and borders, pixels.
const FRAME: i32 = 40;
/// Minimum size of the projector's window, as a share of its default size.
const MIN_SCALE: f32 = 0.25;

/// Moves the windows apart, once for every window that opens or changes its screen.
pub(super) fn arrange_windows(
    monitors: Monitors,
    mut operators: Query<&mut Window, (With<PrimaryWindow>, Without<ProjectorWindow>)>,
    mut projectors: Query<(Entity, &mut Window, &ProjectorWindow)>,
    mut arranged: Local<Option<(Entity, Placement)>>,
) {
    let Ok((entity, mut projector, ProjectorWindow { placement })) = projectors.single_mut() else { return };
    let (Ok(mut operator), false) = (operators.single_mut(), *arranged == Some((entity, *placement))) else { return };
    let screens: Vec<(Entity, IRect)> = monitors.iter().map(|(entity, monitor, _)| (entity, area(monitor))).collect();
    let primary = monitors.iter().find(|(_, _, primary)| *primary).map(|(entity, ..)| entity);
    let taken = if let Placement::Fullscreen(taken) = placement { *taken } else { None };
    let place = if let WindowPosition::At(place) = operator.position { Some(place) } else { None };
    let Some(screen) = operators_screen(&screens, primary, taken, place) else { return };
    *arranged = Some((entity, *placement));
    let size = IVec2::new(operator.physical_width() as i32, operator.physical_height() as i32 + FRAME);
    let at = |place: IVec2| IRect { min: place, max: place + size };
    let wanted = UVec2::new(WINDOWED.width, WINDOWED.height);
    // It stays in place if that leaves enough space there, else it moves to the corner of the screen.
    let stays = place.filter(|place| {
        screen.contains(*place) && (*placement != Placement::Windowed || beside(screen, at(*place), wanted).is_some())
    });
    let place = stays.unwrap_or(screen.min);
    if operator.position != WindowPosition::At(place) {
        operator.position = WindowPosition::At(place);
    }
    if *placement == Placement::Windowed {
        let room = beside(screen, at(place), wanted).unwrap_or_else(|| corner(screen, wanted));
        projector.position = WindowPosition::At(room.min);
        projector.resolution.set_physical_resolution(room.width().max(1) as u32, room.height().max(1) as u32);
    }
}

/// Returns the screen for the operator's window: its current one, else the primary one, but never the one that the
/// projector fills.
fn operators_screen(
    screens: &[(Entity, IRect)],
    primary: Option<Entity>,
    taken: Option<Entity>,
    place: Option<IVec2>,
) -> Option<IRect> {
    let free = || screens.iter().filter(|(entity, _)| Some(*entity) != taken);
    let current = free().find(|(_, screen)| place.is_some_and(|place| screen.contains(place)));
    let chosen = current.or_else(|| free().find(|(entity, _)| Some(*entity) == primary));
    chosen.or_else(|| free().min_by_key(|(_, screen)| (screen.min.x, screen.min.y))).map(|(_, screen)| *screen)
}

fn area(monitor: &Monitor) -> IRect {
    let size = IVec2::new(monitor.physical_width as i32, monitor.physical_height as i32);
    IRect { min: monitor.physical_position, max: monitor.physical_position + size }
}

/// Returns the largest area for a window of this shape, title bar not included, on the screen next to the operator's
/// window; `None` if it would be too small.
fn beside(screen: IRect, operator: IRect, wanted: UVec2) -> Option<IRect> {
    let rooms = [
        IRect { min: IVec2::new(operator.max.x, screen.min.y), max: screen.max },
        IRect { min: IVec2::new(screen.min.x, operator.max.y), max: screen.max },
        IRect { min: screen.min, max: IVec2::new(operator.min.x, screen.max.y) },
        IRect { min: screen.min, max: IVec2::new(screen.max.x, operator.min.y) },
    ];
    let scale = |room: &IRect| {
        let across = (room.max.x - room.min.x) as f32 / wanted.x as f32;
        let down = (room.max.y - room.min.y - FRAME) as f32 / wanted.y as f32;
        across.min(down).min(1.0)
    };
    let best = rooms.into_iter().max_by(|a, b| scale(a).total_cmp(&scale(b)))?;
    (scale(&best) >= MIN_SCALE).then(|| IRect { min: best.min, max: best.min + scaled(wanted, scale(&best)) })
}

/// Returns the bottom right corner of a screen that is too small for both windows.
fn corner(screen: IRect, wanted: UVec2) -> IRect {
    let size = scaled(wanted, MIN_SCALE);
    let min = (screen.max - size - IVec2::new(0, FRAME)).max(screen.min);
    IRect { min, max: min + size }
}

fn scaled(size: UVec2, scale: f32) -> IVec2 {
    (size.as_vec2() * scale).as_ivec2()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: UVec2 = UVec2::new(1280, 720);

    fn rect(x: i32, y: i32, width: i32, height: i32) -> IRect {
        IRect { min: IVec2::new(x, y), max: IVec2::new(x + width, y + height) }
    }

    #[test]
    fn the_projectors_window_keeps_its_shape_and_covers_nothing() {
        for (width, height) in [(1920, 1080), (1920, 1200), (2560, 1440), (3840, 2160), (1680, 1050), (5120, 1440)] {
            let (screen, operator) = (rect(100, 50, width, height), rect(100, 50, 1280, 760));
            let room = beside(screen, operator, WANTED).expect("room");
            let outer = IRect { max: room.max + IVec2::new(0, FRAME), ..room };
            assert!(outer.intersect(operator).is_empty(), "{width}×{height}: {room:?}");
            assert_eq!(outer.intersect(screen), outer, "{width}×{height}: {room:?}");
            let shape = room.width() as f32 / room.height() as f32;
            assert!((shape - 16.0 / 9.0).abs() < 0.01, "{width}×{height}: {room:?}");
            assert!(room.width() >= 320, "{width}×{height}: {room:?}");
        }
        assert_eq!(
            beside(rect(0, 0, 3840, 2160), rect(0, 0, 1280, 760), WANTED).map(|room| room.size()),
            Some(IVec2::new(1280, 720))
        );
        assert_eq!(beside(rect(0, 0, 1366, 768), rect(0, 0, 1280, 760), WANTED), None);
        assert_eq!(corner(rect(0, 0, 1366, 768), WANTED), rect(1046, 548, 320, 180));
    }

    fn screen(app: &mut App, x: i32, width: u32, height: u32) -> Entity {
        let monitor = Monitor {
            name: None,
            physical_height: height,
            physical_width: width,
            physical_position: IVec2::new(x, 0),
            refresh_rate_millihertz: None,
            scale_factor: 1.0,
            video_modes: Vec::new(),
        };
        app.world_mut().spawn(monitor).id()
    }

    /// Returns the places of the operator's and the projector's window after an update.
    fn arranged(place: WindowPosition, placement: impl FnOnce(&mut App) -> Placement) -> [IRect; 2] {
        let mut app = App::new();
        app.add_plugins(MinimalPlugins).add_systems(Update, arrange_windows);
        let placement = placement(&mut app);
        let operator = Window { position: place, resolution: (1280, 720).into(), ..default() };
        let operator = app.world_mut().spawn((operator, PrimaryWindow)).id();
        let projector = app.world_mut().spawn((Window::default(), ProjectorWindow { placement })).id();
        app.update();
        [operator, projector].map(|window| {
            let window = app.world().get::<Window>(window).expect("a window");
            let WindowPosition::At(place) = window.position else { return IRect::default() };
            rect(place.x, place.y, window.physical_width() as i32, window.physical_height() as i32)
        })
    }

    #[test]
    fn on_one_screen_the_windows_lie_side_by_side_wherever_the_operators_was() {
        let places = [
            WindowPosition::Automatic,
            WindowPosition::At(IVec2::new(320, 180)),
            WindowPosition::At(IVec2::new(0, 0)),
            WindowPosition::At(IVec2::new(640, 0)),
            WindowPosition::At(IVec2::new(-4000, 0)),
        ];
        for place in places {
            let [operator, projector] = arranged(place, |app| {
                screen(app, 0, 1920, 1080);
                Placement::Windowed
            });
            assert!(operator.intersect(projector).is_empty(), "{place:?}: {operator:?} {projector:?}");
            assert!(projector.width() >= 320, "{place:?}: {projector:?}");
        }
    }

    #[test]
    fn the_operators_window_leaves_the_screen_that_the_projector_fills() {
        let [operator, _] = arranged(WindowPosition::At(IVec2::new(2000, 100)), |app| {
            screen(app, 0, 1920, 1080);
            Placement::Fullscreen(Some(screen(app, 1920, 1920, 1080)))
        });
        assert_eq!(operator.min, IVec2::ZERO);
        let [stays, _] = arranged(WindowPosition::At(IVec2::new(200, 100)), |app| {
            screen(app, 0, 1920, 1080);
            Placement::Fullscreen(Some(screen(app, 1920, 1920, 1080)))
        });
        assert_eq!(stays.min, IVec2::new(200, 100));
    }
}
