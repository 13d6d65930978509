//! `/metrics`: metrics for Prometheus, collected on each request.

use crate::{problem::Problem, state::Shared, vitals::Vitals};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use billiards_protocol::{message::SourceState, sink::BreakerState};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::Registry,
};
use std::{fmt, sync::Arc, time::Instant};

pub(crate) async fn answer(State(shared): State<Arc<Shared>>) -> Response {
    match text(&shared) {
        Ok(text) => ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
            .into_response(),
        Err(error) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, format!("no metrics: {error}")).into_response(),
    }
}

fn text(shared: &Shared) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("billiards");
    let vitals = shared.hub.vitals.borrow().clone();
    registry.register("uptime_seconds", "Since the server was started", gauge(shared.started.elapsed().as_secs_f64()));
    registry.register("websocket_clients", "WebSocket clients", gauge(shared.hub.clients() as f64));
    if let Some(vitals) = vitals {
        source(&mut registry, &vitals, Instant::now());
    }
    messages(&mut registry, shared);
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

fn source(registry: &mut Registry, vitals: &Vitals, now: Instant) {
    let running = vitals.status == SourceState::Running && !vitals.stale;
    registry.register("source_up", "1 while frames come, else 0", gauge(f64::from(u8::from(running))));
    registry.register("frames", "Frames that were seen", counter(vitals.frames));
    registry.register(
        "frames_dropped",
        "Frames that newer ones replaced before they were seen",
        counter(vitals.dropped),
    );
    registry.register("source_failures", "Openings of the source that failed or broke off", counter(vitals.failures));
    registry.register("frames_per_second", "Frames a second that are seen", gauge(vitals.fps));
    if let Some(then) = vitals.last_frame {
        let age = now.saturating_duration_since(then).as_secs_f64();
        registry.register("frame_age_seconds", "Age of the newest frame", gauge(age));
    }
    registry.register(
        "table_found",
        "1 when the camera's view of the table is known",
        gauge(f64::from(u8::from(vitals.table_found))),
    );
    registry.register("balls", "Balls on the table", gauge(vitals.balls as f64));
}

fn messages(registry: &mut Registry, shared: &Shared) {
    let values = shared.hub.counters();
    for (name, help, value) in [
        ("messages_sent", "Messages handed to clients' connections", values.messages_sent),
        ("message_bytes_sent", "Their bytes", values.bytes_sent),
        ("messages_compressed", "Messages that went compressed", values.compressed),
        ("messages_dropped", "Messages that clients were too slow for", values.dropped),
        (
            "messages_invalid",
            "Messages that were not published because they broke the protocol's rules",
            values.invalid,
        ),
        ("clients_connected", "WebSocket clients that have connected", values.connected),
        ("clients_cut", "WebSocket clients that were closed for being slow or silent", values.cut),
        ("clients_turned_away", "WebSocket clients turned away because there were too many", values.turned_away),
        ("client_messages_refused", "Messages of clients that were answered with an error", values.refused),
        ("alerts", "Alerts raised", values.alerts),
    ] {
        registry.register(name, help, counter(value));
    }
    for sink in shared.hub.sinks() {
        let sub = registry.sub_registry_with_label(("sink".into(), sink.name.clone().into()));
        let open = f64::from(u8::from(sink.breaker != BreakerState::Closed));
        sub.register("sink_breaker_open", "1 while the sink's circuit breaker is not closed", gauge(open));
        sub.register("sink_breaker_openings", "Times that it opened", counter(sink.opened));
        sub.register("sink_delivered", "Messages that the sink took", counter(sink.delivered));
        sub.register("sink_failures", "Attempts that failed", counter(sink.failures));
        sub.register("sink_retries", "Attempts that were retries", counter(sink.retries));
        sub.register("sink_refused", "Messages that the sink refused for good", counter(sink.refused));
        sub.register("sink_dropped", "Messages that never got there", counter(sink.dropped));
    }
}

fn gauge(value: f64) -> ConstGauge<f64> {
    ConstGauge::new(value)
}

fn counter(value: u64) -> ConstCounter<u64> {
    ConstCounter::new(value)
}
