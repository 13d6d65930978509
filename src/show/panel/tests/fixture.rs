//! A program state to be shown, and a panel that shows it, examined frame by frame.

use crate::{
    operate::CalibrationStatus,
    sense::{Sight, SourceHealth},
    show::panel::{
        picture::{CORNER, inset_corners},
        style::ACCENT,
        view::{Layers, OverlayView, PredictionView, SourceView, TableView},
        *,
    },
};
use bevy_egui::egui::{
    Context, Event, Key, Modifiers, PointerButton, Pos2, RawInput, Rect, Shape, Vec2, epaint::ColorMode,
};
use billiards_calibration::{CalibrationSetup, CornersOrigin, FittedHandPoint};
use billiards_capture::{FrameStamp, SourceStatus};
use billiards_physics::Physics;
use billiards_protocol::{
    calibration::{CalibrationProgress, MeasuredPointData, ProjectorReport},
    storage::{StorageIssue, StorageProblem},
};
use billiards_server::{access::Tokens, phone::PhoneAddresses};
use billiards_table::{
    AimLine, AimTarget, Ball, BallClass, BallId, BallLabel, BallPath, BallState, CameraView, Cue, CueState, Fate,
    FrameSize, GhostBall, Homography, MotionState, PathPiece, PocketId, PocketMouth, PotChance, Prediction,
    ProfileName, ProjectorOutput, ShotOdds, SpeedSource, StrikeSpeed, TableChoice, TableKind, TableLikelihood,
    TablePoint, TableVector, settings::Settings,
};
use billiards_vision::{Detections, NoTable};
use nalgebra::Matrix3;
use std::time::Duration;

pub const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };
/// Minimum screen at which the panel has to be usable.
pub const SCREEN: Vec2 = Vec2::new(1280.0, 720.0);
/// Screen on which every tab is entirely visible.
pub const TALL: Vec2 = Vec2::new(1280.0, 2400.0);

/// Owner of everything that a view borrows.
pub struct Fixture {
    pub tab: Tab,
    pub layers: Layers,
    pub choice: TableChoice,
    pub likely: Vec<TableLikelihood>,
    pub mouths: Vec<PocketMouth>,
    pub health: SourceHealth,
    pub sight: Option<Sight>,
    pub balls: Vec<Ball>,
    pub cue: Option<Cue>,
    pub camera: Option<CameraView>,
    pub settings: Settings,
    pub live: Option<Prediction>,
    pub odds: Option<ShotOdds>,
    pub output: ProjectorOutput,
    pub procedure: Option<CalibrationStatus>,
    pub profiles: Vec<ProfileName>,
    pub hand: Option<HandView>,
    pub drift: Option<String>,
    pub events: Vec<EventLine>,
    pub storage: Vec<StorageProblem>,
    pub notice: Option<String>,
    pub phones: PhoneAddresses,
}

impl Fixture {
    /// Creates the state of a program that has just started.
    pub fn empty() -> Self {
        Self {
            tab: Tab::Source,
            layers: Layers::default(),
            choice: TableChoice::Auto,
            likely: Vec::new(),
            mouths: Vec::new(),
            health: SourceHealth::default(),
            sight: None,
            balls: Vec::new(),
            cue: None,
            camera: None,
            settings: Settings::default(),
            live: None,
            odds: None,
            output: ProjectorOutput::default(),
            procedure: None,
            profiles: Vec::new(),
            hand: None,
            drift: None,
            events: Vec::new(),
            storage: Vec::new(),
            notice: None,
            phones: PhoneAddresses::new(([192, 168, 178, 201], 8000).into(), &Tokens::random()),
        }
    }

    /// Creates the state of a program in which everything goes on at once, with long texts wherever they may be long.
    pub fn busy() -> Self {
        let spec = TableKind::NINE_FOOT.spec();
        let balls: Vec<Ball> = (0..16).map(ball).collect();
        let long = "it was unplugged while the operator looked at something else entirely".repeat(3);
        let scale = Matrix3::new(0.0, spec.width / 720.0, 0.0, spec.length / 1280.0, 0.0, 0.0, 0.0, 0.0, 1.0);
        let point = |i: u32| {
            let place = TablePoint::new(0.3 * f64::from(i % 4), 0.6 * f64::from(i / 4));
            MeasuredPointData::new(place, [f64::from(i) - 8.0, 3.0], i != 3)
        };
        let likely = [(TableKind::NINE_FOOT, 0.72), (TableKind::EIGHT_FOOT, 0.21)];
        Self {
            likely: likely.map(|(kind, probability)| TableLikelihood { kind, probability }).into(),
            health: SourceHealth {
                status: SourceStatus::Lost { reason: long.clone(), retry_in: Duration::from_secs(2) },
                description: "camera:0, USB Camera of a maker with a long name, 1920×1080, 60 fps".into(),
                ..SourceHealth::default()
            },
            sight: Some(sight()),
            cue: Some(Cue {
                tip: TablePoint::new(0.5, 0.6),
                butt: TablePoint::new(0.5, -0.4),
                direction: TableVector::new(0.0, 1.0),
                state: CueState::Stroking,
                speed: -1.25,
                stroke_speed: Some(2.5),
                offset: Some(-0.012),
            }),
            camera: Homography::from_matrix(scale).map(|plane| CameraView::flat(SIZE, plane)),
            live: Some(prediction(&balls)),
            odds: Some(ShotOdds {
                runs: 200,
                pots: vec![PotChance { ball: BallId(3), pocket: PocketId::LeftTop, chance: 0.62 }],
                scratch: 0.05,
                rests: Vec::new(),
                openings: Vec::new(),
            }),
            balls,
            output: ProjectorOutput { monitor: Some("Projector of a maker with a long name".into()), ..default() },
            procedure: Some(CalibrationStatus {
                running: Some(CalibrationProgress { share: 0.3, words: long.clone() }),
                last_error: Some(long.clone()),
                projector: Some(ProjectorReport {
                    made: "measured with 16 markers of 20, from the camera".into(),
                    rms_mm: Some(1.2),
                    worst_mm: Some(3.4),
                    points: (0..16).map(point).collect(),
                }),
                ..default()
            }),
            profiles: ["table", &"x".repeat(48)].map(|name| name.parse().expect("a name")).into(),
            hand: Some(hand(9)),
            drift: Some(long.clone()),
            events: (0..40).map(|i| EventLine { at: "12:34:56".into(), text: format!("{i} {long}") }).collect(),
            storage: vec![StorageProblem { code: StorageIssue::SettingsNotSaved, message: long.clone() }],
            notice: Some(long),
            ..Self::empty()
        }
    }

    pub fn running() -> Self {
        let health = SourceHealth { status: SourceStatus::Running, last_sight: Some(Instant::now()), ..default() };
        Self { health, notice: None, ..Self::busy() }
    }

    fn view<'a>(&'a self, physics: &'a Physics) -> PanelView<'a> {
        let now = Instant::now();
        let procedure = self.procedure.as_ref();
        PanelView {
            tab: self.tab,
            layers: self.layers,
            source: SourceView {
                health: &self.health,
                age: self.health.age(now),
                stale: self.health.is_stale(now),
                choices: vec!["camera:0", "/dev/v4l/by-id/usb-Maker_Camera_of_a_long_name_0123456789-video-index0"],
                chosen: 0,
            },
            sight: self.sight.as_ref(),
            picture: None,
            table: TableView {
                corners: self.sight.as_ref().map(|_| (SIZE, inset_corners(SIZE), CornersOrigin::Found)),
                choice: self.choice,
                spec: self.choice.spec().unwrap_or_else(|| TableKind::NINE_FOOT.spec()),
                reason: "judged from the balls",
                likely: &self.likely,
                mouths: &self.mouths,
            },
            balls: self.balls.iter().collect(),
            cue: self.cue.as_ref(),
            camera: self.camera.as_ref(),
            calibration: CalibrationView {
                camera: None,
                projector: procedure.and_then(|procedure| procedure.projector.clone()).unwrap_or(ProjectorReport {
                    made: "the table is assumed to be centred in the projector's picture".into(),
                    rms_mm: None,
                    worst_mm: None,
                    points: Vec::new(),
                }),
                latency: None,
                procedure,
                profiles: &self.profiles,
                current: "table".into(),
                can_undo: procedure.is_some(),
                can_redo: procedure.is_some(),
                before_shown: procedure.map(|_| false),
                drift: self.drift.as_deref(),
                hand: self.hand.clone(),
            },
            settings: self.settings,
            prediction: PredictionView {
                live: self.live.as_ref(),
                odds: self.odds.as_ref(),
                strike: Some(StrikeSpeed { speed: 3.4, source: SpeedSource::PracticeStrokes, strokes: 12 }),
                physics: Some(physics),
            },
            overlay: Some(OverlayView { output: Some(&self.output), picture: SIZE, monitors: vec!["HDMI-1", "eDP-1"] }),
            page: Some("http://127.0.0.1:8000/"),
            phones: Some(&self.phones),
            clients: 2,
            events: self.events.iter().collect(),
            storage: &self.storage,
            notice: self.notice.as_deref(),
        }
    }
}

/// Returns `count` points, one of which is an outlier.
pub fn hand(count: usize) -> HandView {
    let mut setup = CalibrationSetup::default();
    while setup.hand_points().points.len() < count {
        let (next, _) = setup.addable_hand_points().pop().expect("more points");
        setup.add_hand_point(next).expect("added");
    }
    let set = setup.hand_points();
    let points = set.points.into_iter().enumerate().map(|(i, point)| FittedHandPoint {
        name: point.name,
        projector: point.projector,
        residual_mm: (count > 4).then_some(2.0 * i as f64),
        outlier: i == 5,
        extra: i >= 4,
    });
    HandView {
        size: set.size,
        points: points.collect(),
        selected: 0,
        addable: setup.addable_hand_points(),
        error_mm: (count > 4).then_some((1.2, 16.0)),
        shown: Some(false),
    }
}

pub fn sight() -> Sight {
    let stamp = FrameStamp { index: 3, time: Duration::ZERO, captured: Instant::now(), size: SIZE };
    let vision_time = Duration::from_millis(9);
    Sight { vision_time, ..Sight::bare(stamp, Detections::nothing(SIZE, NoTable::NoCloth)) }
}

pub fn ball(i: u8) -> Ball {
    let label = if i == 0 { BallLabel::Cue } else { BallLabel::Number(i) };
    Ball {
        id: BallId(u32::from(i)),
        label,
        class: label.class().unwrap_or(BallClass::Other),
        position: TablePoint::new(0.07 * f64::from(i) + 0.1, 0.15 * f64::from(i) + 0.1),
        velocity: TableVector::new(0.0, 0.1 * f64::from(i)),
        state: [BallState::Resting, BallState::Moving, BallState::Occluded][usize::from(i) % 3],
        confidence: 1.0,
    }
}

pub fn prediction(balls: &[Ball]) -> Prediction {
    let (from, to) = (balls[0].position, balls[3].position);
    let piece = PathPiece {
        start: 0.0,
        end: 1.0,
        position: from,
        velocity: to - from,
        acceleration: TableVector::zero(),
        motion: MotionState::Rolling,
    };
    Prediction {
        cue_ball: BallId(0),
        aim: TableVector::new(0.0, 1.0),
        aim_line: Some(AimLine { from, to, target: AimTarget::Ball(BallId(3)) }),
        ghost_ball: Some(GhostBall { position: to, object_ball: BallId(3), cut_angle: 0.4 }),
        paths: vec![BallPath { ball: BallId(0), pieces: vec![piece], fate: Fate::Rests }],
        events: Vec::new(),
    }
}

/// Result of one frame of the panel.
pub struct Frame {
    pub actions: Vec<PanelAction>,
    /// Texts, their rectangles, and their clip rectangles.
    pub texts: Vec<(String, Rect, Rect)>,
    /// Corners that can be dragged in the camera's picture.
    pub handles: Vec<Pos2>,
    /// Number of lines that draw the table's cushions in the camera's picture.
    pub cushions: usize,
}

impl Frame {
    pub fn says(&self, words: &str) -> bool {
        self.texts.iter().any(|(text, ..)| text.contains(words))
    }

    /// Returns the first rectangle of this text.
    pub fn place(&self, words: &str) -> Rect {
        let found = self.places(words).into_iter().next();
        found.unwrap_or_else(|| panic!("no {words} in {:?}", self.texts))
    }

    /// Returns the rectangles of this text, in the order in which they were drawn.
    pub fn places(&self, words: &str) -> Vec<Rect> {
        self.texts.iter().filter(|(text, ..)| text == words).map(|(_, place, ..)| *place).collect()
    }
}

/// Runs one frame of the panel.
pub fn frame(context: &Context, screen: Vec2, fixture: &Fixture, events: Vec<Event>) -> Frame {
    let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, screen)), events, ..Default::default() };
    let (physics, mut seen) =
        (Physics::default(), Frame { actions: Vec::new(), texts: Vec::new(), handles: Vec::new(), cushions: 0 });
    let output = context.run_ui(input, |ui| seen.actions = panel_ui(ui, &fixture.view(&physics)));
    for clipped in &output.shapes {
        match &clipped.shape {
            Shape::Text(text) => {
                let rect = text.galley.rect.translate(text.pos.to_vec2());
                seen.texts.push((text.galley.text().to_owned(), rect, clipped.clip_rect));
            }
            Shape::Circle(circle) if circle.stroke.color == CORNER => seen.handles.push(circle.center),
            Shape::Path(path) if path.stroke.color == ColorMode::Solid(ACCENT) => seen.cushions += 1,
            _ => {}
        }
    }
    output.drop_without_applying_deltas();
    seen
}

/// Lays out a panel and returns its last frame.
pub fn laid_out(screen: Vec2, fixture: &Fixture) -> (Context, Frame) {
    let context = Context::default();
    context.options_mut(|options| options.warn_on_id_clash = true);
    for _ in 0..2 {
        frame(&context, screen, fixture, Vec::new());
    }
    let last = frame(&context, screen, fixture, Vec::new());
    (context, last)
}

pub fn pointer(pos: Pos2, pressed: Option<bool>) -> Vec<Event> {
    let mut events = vec![Event::PointerMoved(pos)];
    let button = PointerButton::Primary;
    events.extend(pressed.map(|pressed| Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE }));
    events
}

/// Clicks at a place and returns the resulting actions.
pub fn click(context: &Context, screen: Vec2, fixture: &Fixture, place: Pos2) -> Vec<PanelAction> {
    frame(context, screen, fixture, pointer(place, None));
    let mut actions = frame(context, screen, fixture, pointer(place, Some(true))).actions;
    actions.extend(frame(context, screen, fixture, pointer(place, Some(false))).actions);
    actions
}

pub fn press(context: &Context, fixture: &Fixture, key: Key, modifiers: Modifiers) -> Vec<PanelAction> {
    let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
    frame(context, SCREEN, fixture, vec![event(true), event(false)]).actions
}
