//! `/api/v1/vision/*`: the camera's pictures, and the detections in them.

use crate::{
    api::{
        extract::{Body, Operator, Params},
        operation::{named, read},
    },
    boards::{Boards, FrameReport, newest},
    problem::Problem,
    state::{Lasting, Shared},
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
use billiards_protocol::vision::{DetectionsData, SourcesData, VisionStatus};
use billiards_table::{command::Command, text::Compact};
use bytes::Bytes;
use futures_util::stream;
use schemars::JsonSchema;
use serde::Deserialize;
use std::{
    io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Timeout for a picture: it is requested when a client wants one, and comes with the next frame.
const NEXT_FRAME: Duration = Duration::from_secs(5);
/// Boundary between the pictures of a stream.
const BOUNDARY: &str = "picture";
/// Default number of pictures per second.
const USUAL_RATE: f64 = 10.0;
/// Permitted range of pictures per second.
const RATES: std::ops::RangeInclusive<f64> = 0.1..=60.0;

/// Parameters of a picture.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PictureParams {
    /// `true` to draw the program's knowledge of the table into the picture; `false` if absent.
    #[serde(default)]
    pub overlay: bool,
}

/// Parameters of a stream of pictures.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamParams {
    /// `true` to draw the program's knowledge of the table into the pictures; `false` if absent.
    #[serde(default)]
    pub overlay: bool,
    /// Maximum number of pictures per second, 0.1 to 60; 10 if absent.
    #[serde(default)]
    #[schemars(range(min = 0.1, max = 60.0))]
    pub fps: Option<f64>,
}

/// Selection of a source.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceRequest {
    /// Index of the source in the list, counted from 0; the one in use is reopened.
    pub index: usize,
}

pub(super) fn routes() -> ApiRouter<Arc<Shared>> {
    ApiRouter::new()
        .api_route("/api/v1/vision/status", read(status, "visionStatus", "State of the source and of the detector"))
        .api_route("/api/v1/vision/detections", read(detections, "detections", "Detections in the newest frame"))
        .api_route(
            "/api/v1/vision/snapshot",
            get_with(snapshot, |op| {
                let op = named("snapshot", "Next frame as a JPEG")(op);
                op.response_with::<200, (), _>(|response| response.description("image/jpeg, at most 960 pixels wide"))
            }),
        )
        .api_route(
            "/api/v1/vision/stream",
            get_with(live, |op| {
                let op = named("pictureStream", "Live stream of JPEG frames")(op);
                op.response_with::<200, (), _>(|response| response.description("multipart/x-mixed-replace"))
            }),
        )
        .api_route("/api/v1/vision/sources", read(sources, "sources", "Available sources of pictures"))
        .api_route("/api/v1/vision/source", put_with(open, named("openSource", "Switch to another source")))
}

async fn status(State(shared): State<Arc<Shared>>) -> Result<Json<VisionStatus>, Problem> {
    let vitals = shared.hub.vitals.borrow().clone().ok_or_else(|| Problem::not_yet("the camera"))?;
    let seen = newest(&shared.hub.boards.seen);
    let seen = seen.as_deref();
    Ok(Json(VisionStatus {
        source: vitals.status,
        reason: vitals.reason,
        fps: vitals.fps,
        width: seen.map(|seen| seen.size.width),
        height: seen.map(|seen| seen.size.height),
        vision_ms: seen.map(|seen| 1e3 * seen.vision_time.as_secs_f64()),
        table: seen.map(|seen| seen.table.clone()),
        balls: seen.map_or(0, |seen| seen.detections.balls.len()),
        cue: seen.is_some_and(|seen| seen.detections.cue.is_some()),
    }))
}

async fn detections(State(shared): State<Arc<Shared>>) -> Result<Json<DetectionsData>, Problem> {
    let seen = newest(&shared.hub.boards.seen).ok_or_else(|| Problem::not_yet("the first frame"))?;
    Ok(Json(seen.detections.clone()))
}

/// Registers a client that watches the camera's picture until it is dropped.
struct Watching(Arc<Shared>);

impl Watching {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.hub.boards.picture_watchers.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(shared))
    }

    fn boards(&self) -> &Boards {
        &self.0.hub.boards
    }

    /// Returns the newest frame whose picture was kept and whose number is not `after`.
    async fn next(&self, after: Option<u64>) -> Option<Arc<FrameReport>> {
        let mut seen = self.boards().seen.subscribe();
        let fits = |seen: &Option<Arc<FrameReport>>| {
            let kept = seen.as_deref().filter(|seen| seen.picture.is_some());
            kept.is_some_and(|seen| after.is_none_or(|after| seen.detections.frame != after))
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

async fn pack(seen: Arc<FrameReport>, overlay: bool) -> Result<Bytes, String> {
    let packing = tokio::task::spawn_blocking(move || match &seen.picture {
        Some(picture) => picture.jpeg(overlay),
        None => Err("the frame was not kept".to_owned()),
    });
    packing.await.map_err(|error| error.to_string())?.map(Bytes::from)
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

/// State of a stream of pictures.
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
        let detail = "too many clients watch the camera's picture already";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(10)
    })?;
    let mut pace = interval(Duration::from_secs_f64(1.0 / rate));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stream = Stream { watching: Watching::new(&shared), _place: place, pace, last: None, overlay, lasting };
    let pictures = stream::unfold(stream, |mut stream| async move {
        // The next picture is requested when the last one has been accepted.
        stream.lasting.taken();
        stream.pace.tick().await;
        let mut stopping = stream.watching.0.stopping.clone();
        let seen = tokio::select! {
            seen = stream.watching.next(stream.last) => seen?,
            _ = stopping.changed() => return None,
        };
        stream.last = Some(seen.detections.frame);
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
    Body(SourceRequest { index }): Body<SourceRequest>,
) -> Result<Json<SourcesData>, Problem> {
    shared.mailbox.ask(Command::OpenSource(index)).await?;
    sources(State(shared)).await
}
