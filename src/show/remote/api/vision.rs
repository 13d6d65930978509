//! `/api/v1/vision/*`: what the camera sees.

use super::{
    super::{
        boards::{Boards, Seen, SourcesData, newest},
        camera_picture,
        message::SourceState,
        problem::Problem,
        server::{Lasting, Shared},
    },
    extract::{Body, Operator, Params},
};
use crate::{
    model::{BallClass, BallLabel, CameraPoint},
    operate::Command,
    sense::vision::TableFit,
    text::Compact,
};
use aide::axum::{
    ApiRouter,
    routing::{get_with, put_with},
};
use axum::{
    Extension, Json,
    body::Body as HttpBody,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// A picture is asked for when somebody wants one, and comes with the next frame.
const NEXT_FRAME: Duration = Duration::from_secs(5);
/// Separates the pictures of a stream.
const BOUNDARY: &str = "picture";
/// Pictures a second.
const USUAL_RATE: f64 = 10.0;
const RATES: std::ops::RangeInclusive<f64> = 0.1..=60.0;

/// How the camera and the seeing do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VisionStatus {
    /// What the source does.
    pub source: SourceState,
    /// Why it does not run, in words.
    pub reason: Option<String>,
    /// Frames a second that are seen.
    pub fps: f64,
    /// Columns of a frame.
    pub width: Option<u32>,
    /// Rows of a frame.
    pub height: Option<u32>,
    /// Time that seeing the newest one took, milliseconds.
    pub vision_ms: Option<f64>,
    /// Whether the table is seen: `fits`, `hidden`, `moved`, or why there is none, in words.
    pub table: Option<String>,
    /// Balls in the newest frame.
    pub balls: usize,
    /// Whether a cue is in it.
    pub cue: bool,
}

/// What was seen in one frame, pixels of the straightened picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DetectionsData {
    /// Number of the frame.
    pub frame: u64,
    /// Seconds since the source's first frame.
    pub time_s: f64,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Nose-line corners: top left, top right, bottom right, bottom left; `null` without a table.
    pub corners: Option<[[f64; 2]; 4]>,
    /// Why there is no table, in words.
    pub no_table: Option<String>,
    /// Balls, in no order.
    pub balls: Vec<SeenBall>,
    /// The cue.
    pub cue: Option<SeenCue>,
}

/// A ball in one frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeenBall {
    /// Centre, pixels.
    pub x: f64,
    /// Centre, pixels.
    pub y: f64,
    /// Pixels.
    pub radius: f64,
    /// As far as this frame tells.
    #[schemars(with = "String")]
    pub label: BallLabel,
    /// What kind of ball it is: `cue`, `eight`, `solid`, `stripe`, `other`.
    #[schemars(with = "String")]
    pub class: BallClass,
    /// 0 to 1.
    pub confidence: f32,
}

/// The cue in one frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeenCue {
    /// The tip, pixels.
    pub tip: [f64; 2],
    /// The end of the visible shaft away from it, pixels.
    pub butt: [f64; 2],
    /// 0 to 1.
    pub confidence: f32,
}

/// What a picture shows.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PictureParams {
    /// What is known is drawn into it.
    #[serde(default)]
    pub overlay: bool,
}

/// What a stream of pictures shows.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamParams {
    /// What is known is drawn into them.
    #[serde(default)]
    pub overlay: bool,
    /// Pictures a second at most, 0.1 to 60; 10 without.
    #[serde(default)]
    #[schemars(range(min = 0.1, max = 60.0))]
    pub fps: Option<f64>,
}

/// Another source.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceWish {
    /// Its place in the list, counted from 0; the one that runs is opened anew.
    pub index: usize,
}

pub(super) fn routes() -> ApiRouter<Arc<Shared>> {
    ApiRouter::new()
        .api_route(
            "/api/v1/vision/status",
            get_with(status, |op| op.tag("vision").id("visionStatus").summary("How the camera and the seeing do")),
        )
        .api_route(
            "/api/v1/vision/detections",
            get_with(detections, |op| op.tag("vision").id("detections").summary("What is seen in the newest frame")),
        )
        .api_route(
            "/api/v1/vision/snapshot",
            get_with(snapshot, |op| {
                let op = op.tag("vision").id("snapshot").summary("The next frame as a JPEG");
                op.response_with::<200, (), _>(|response| response.description("image/jpeg, at most 960 pixels wide"))
            }),
        )
        .api_route(
            "/api/v1/vision/stream",
            get_with(live, |op| {
                let op = op.tag("vision").id("pictureStream").summary("Frames as they come, as a stream of JPEGs");
                op.response_with::<200, (), _>(|response| response.description("multipart/x-mixed-replace"))
            }),
        )
        .api_route(
            "/api/v1/vision/sources",
            get_with(sources, |op| op.tag("vision").id("sources").summary("Sources of pictures to choose from")),
        )
        .api_route(
            "/api/v1/vision/source",
            put_with(open, |op| op.tag("vision").id("openSource").summary("Goes over to another source")),
        )
}

async fn status(State(shared): State<Arc<Shared>>) -> Result<Json<VisionStatus>, Problem> {
    let vitals = shared.hub.vitals.borrow().clone().ok_or_else(|| Problem::not_yet("the camera"))?;
    let seen = newest(&shared.hub.boards.seen);
    let sight = seen.as_ref().map(|seen| &seen.sight);
    Ok(Json(VisionStatus {
        source: vitals.status,
        reason: vitals.reason,
        fps: vitals.fps,
        width: sight.map(|sight| sight.stamp.size.width),
        height: sight.map(|sight| sight.stamp.size.height),
        vision_ms: sight.map(|sight| 1e3 * sight.vision_time.as_secs_f64()),
        table: sight.map(|sight| match &sight.detections.table {
            Ok(table) => match table.fit {
                TableFit::Fits => "fits".to_owned(),
                TableFit::Hidden => "hidden".to_owned(),
                TableFit::Moved { .. } => "moved".to_owned(),
            },
            Err(why) => why.to_string(),
        }),
        balls: sight.map_or(0, |sight| sight.detections.balls.len()),
        cue: sight.is_some_and(|sight| sight.detections.cue.is_some()),
    }))
}

fn pixels(p: CameraPoint) -> [f64; 2] {
    [p.x, p.y].map(|value| (value * 100.0).round() / 100.0)
}

async fn detections(State(shared): State<Arc<Shared>>) -> Result<Json<DetectionsData>, Problem> {
    let seen = newest(&shared.hub.boards.seen).ok_or_else(|| Problem::not_yet("the first frame"))?;
    let sight = &seen.sight;
    let detections = &sight.detections;
    let balls = detections.balls.iter().map(|ball| {
        let [x, y] = pixels(ball.centre);
        let (label, class) = (ball.label, ball.class);
        SeenBall { x, y, radius: ball.radius, label, class, confidence: ball.confidence }
    });
    Ok(Json(DetectionsData {
        frame: sight.stamp.index,
        time_s: sight.stamp.time.as_secs_f64(),
        width: detections.size.width,
        height: detections.size.height,
        corners: detections.corners().map(|corners| corners.map(pixels)),
        no_table: detections.table.as_ref().err().map(ToString::to_string),
        balls: balls.collect(),
        cue: detections.cue.map(|cue| SeenCue {
            tip: pixels(cue.tip),
            butt: pixels(cue.butt),
            confidence: cue.confidence,
        }),
    }))
}

/// Somebody looks at the camera's picture for as long as this lives.
struct Watching(Arc<Shared>);

impl Watching {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.hub.boards.picture_watchers.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(shared))
    }

    fn boards(&self) -> &Boards {
        &self.0.hub.boards
    }

    /// The newest frame that was kept, later than the one of this number.
    async fn next(&self, after: Option<u64>) -> Option<Arc<Seen>> {
        let mut seen = self.boards().seen.subscribe();
        let fits = |seen: &Option<Arc<Seen>>| {
            let sight = seen.as_ref().map(|seen| &seen.sight);
            sight.is_some_and(|sight| sight.frame.is_some() && after.is_none_or(|after| sight.stamp.index != after))
        };
        let found = seen.wait_for(fits).await.ok()?;
        found.clone()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.boards().picture_watchers.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn pack(seen: Arc<Seen>, overlay: bool) -> Result<Bytes, String> {
    // Packing takes milliseconds of a processor.
    let packed = tokio::task::spawn_blocking(move || camera_picture::jpeg(&seen, overlay)).await;
    let jpeg = packed.map_err(|error| error.to_string())??;
    jpeg.map(Bytes::from).ok_or_else(|| "the frame was not kept".to_owned())
}

async fn snapshot(
    State(shared): State<Arc<Shared>>,
    Params(PictureParams { overlay }): Params<PictureParams>,
) -> Result<Response, Problem> {
    let watching = Watching::new(&shared);
    let none = || Problem::not_yet("a picture of the camera").retry_after(2);
    let seen = timeout(NEXT_FRAME, watching.next(None)).await.ok().flatten().ok_or_else(none)?;
    let jpeg = pack(seen, overlay).await.map_err(|error| {
        let detail = format!("the picture cannot be packed: {error}");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    })?;
    Ok(([(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response())
}

/// What a stream of pictures goes on with.
struct Stream {
    watching: Watching,
    _place: tokio::sync::OwnedSemaphorePermit,
    pace: tokio::time::Interval,
    last: Option<u64>,
    overlay: bool,
    lasting: Lasting,
}

async fn live(
    State(shared): State<Arc<Shared>>,
    Extension(lasting): Extension<Lasting>,
    Params(StreamParams { overlay, fps }): Params<StreamParams>,
) -> Result<Response, Problem> {
    let rate = fps.unwrap_or(USUAL_RATE);
    if !RATES.contains(&rate) {
        let detail = format!("fps is {}; {} to {} is possible", Compact(rate), RATES.start(), RATES.end());
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let place = shared.pictures.clone().try_acquire_owned().map_err(|_| {
        let detail = "too many look at the camera's picture already";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(10)
    })?;
    let mut pace = interval(Duration::from_secs_f64(1.0 / rate));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stream = Stream { watching: Watching::new(&shared), _place: place, pace, last: None, overlay, lasting };
    let pictures = stream::unfold(stream, |mut stream| async move {
        // The next is asked for when the last has been taken.
        stream.lasting.taken();
        stream.pace.tick().await;
        let mut stopping = stream.watching.0.stopping.clone();
        let seen = tokio::select! {
            seen = stream.watching.next(stream.last) => seen?,
            _ = stopping.changed() => return None,
        };
        stream.last = Some(seen.sight.stamp.index);
        let part = pack(seen, stream.overlay).await.map_err(io::Error::other).map(|jpeg| {
            let length = jpeg.len();
            let head = format!("--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n");
            Bytes::from([head.as_bytes(), &jpeg, b"\r\n"].concat())
        });
        Some((part, stream))
    });
    let kind = format!("multipart/x-mixed-replace; boundary={BOUNDARY}");
    Ok(([(header::CONTENT_TYPE, kind)], HttpBody::from_stream(pictures)).into_response())
}

async fn sources(State(shared): State<Arc<Shared>>) -> Result<Json<SourcesData>, Problem> {
    let sources = newest(&shared.hub.boards.sources).ok_or_else(|| Problem::not_yet("the sources"))?;
    Ok(Json((*sources).clone()))
}

async fn open(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    Body(SourceWish { index }): Body<SourceWish>,
) -> Result<Json<SourcesData>, Problem> {
    shared.mailbox.ask(Command::OpenSource(index)).await?;
    sources(State(shared)).await
}
