//! Publishers: messages sent to a web address or to a file.
//!
//! A publisher reads the same streams as a WebSocket client: the newest message of each, and every alert. While its
//! receiver accepts nothing, newer messages replace older ones and the alerts wait; gaps in `sequence` count the lost
//! messages.

mod file;
mod webhook;

use crate::{
    assemble,
    hub::Hub,
    intake::{Intake, Item, Over},
    resilience::{Guarded, Outcome, Sink, SinkHandle},
    settings::{PublisherSettings, RemoteSettings},
};
use billiards_protocol::{client_message::SubscribeData, stream::Stream};
use file::JsonLines;
use futures_util::FutureExt;
use std::{collections::BTreeSet, sync::Arc};
use tokio::{runtime::Handle, sync::watch, task::JoinHandle};
use tracing::{debug, warn};
use webhook::Webhook;

/// Starts the publishers of the settings; the tasks end with `stopping`.
pub(super) fn start(
    settings: &RemoteSettings,
    hub: &Arc<Hub>,
    runtime: &Handle,
    stopping: &watch::Receiver<()>,
) -> Vec<JoinHandle<()>> {
    let mut handles = Vec::new();
    let mut tasks = Vec::new();
    for publisher in &settings.publishers {
        let handle = SinkHandle::new(name(publisher));
        handles.push(handle.clone());
        let (hub, stopping) = (Arc::clone(hub), stopping.clone());
        match publisher {
            PublisherSettings::Webhook(webhook) => {
                let sink = Guarded::new(Webhook::new(webhook), handle.clone(), &settings.resilience, Arc::clone(&hub));
                let wish = wish(&webhook.streams, webhook.max_fps);
                tasks.push(runtime.spawn(Publisher::new(sink, handle, &wish, &hub, stopping).run()));
            }
            PublisherSettings::File(file) => {
                let sink = Guarded::new(JsonLines::new(file), handle.clone(), &settings.resilience, Arc::clone(&hub));
                let wish = wish(&file.streams, file.max_fps);
                tasks.push(runtime.spawn(Publisher::new(sink, handle, &wish, &hub, stopping).run()));
            }
        }
    }
    if hub.sinks.set(handles).is_err() {
        warn!("the publishers were started before");
    }
    tasks
}

/// Returns the name of a publisher in alerts and the log, without the path and query of an address, which may be
/// secret.
fn name(settings: &PublisherSettings) -> String {
    match settings {
        PublisherSettings::Webhook(webhook) => {
            let (scheme, rest) = webhook.url.split_once("://").unwrap_or(("http", &webhook.url));
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("webhook {scheme}://{host}")
        }
        PublisherSettings::File(file) => format!("file {}", file.path.display()),
    }
}

fn wish(streams: &BTreeSet<Stream>, max_fps: f64) -> SubscribeData {
    let limited = streams.iter().filter(|stream| **stream != Stream::Alert);
    SubscribeData {
        streams: streams.clone(),
        max_fps: limited.map(|stream| (*stream, max_fps)).collect(),
        ..SubscribeData::default()
    }
}

struct Publisher<S> {
    sink: Guarded<S>,
    handle: SinkHandle,
    intake: Intake,
    /// Changes once, when the server stops. Only clones of this receiver are read, so that each notices the change,
    /// however early it was.
    stopping: watch::Receiver<()>,
    /// Number of the last message, lost messages included.
    sequence: u64,
}

impl<S: Sink> Publisher<S> {
    fn new(
        sink: Guarded<S>,
        handle: SinkHandle,
        wish: &SubscribeData,
        hub: &Hub,
        stopping: watch::Receiver<()>,
    ) -> Self {
        let mut intake = Intake::new(hub);
        intake.subscribe(wish, &hub.alerts);
        Self { sink, handle, intake, stopping, sequence: 0 }
    }

    async fn run(mut self) {
        while let Some(item) = self.next().await {
            self.deliver(item).await;
        }
        // At the end, waiting messages are still sent if that needs no waiting.
        while self.sink.is_permitted() {
            let Some(Ok(item)) = self.intake.next().now_or_never() else { break };
            self.deliver(item).await;
        }
        if let Err(failure) = self.sink.sink.finish().await {
            warn!("{}: {failure:?}", self.handle.name());
        }
    }

    /// Returns the next message to deliver; `None` at the end.
    async fn next(&mut self) -> Option<Item> {
        let mut stopping = self.stopping.clone();
        loop {
            let next = async {
                self.sink.until_permitted().await;
                self.intake.next().await
            };
            let item = tokio::select! {
                biased;
                _ = stopping.changed() => return None,
                item = next => item,
            };
            match item {
                Ok(item) => return Some(item),
                Err(Over::Closed) => return None,
                Err(Over::Behind(lost)) => {
                    warn!("{} has lost {lost} alerts", self.handle.name());
                    self.lose(lost);
                }
            }
        }
    }

    async fn deliver(&mut self, item: Item) {
        self.lose(item.missed);
        self.sequence += 1;
        let Item { stream, message, .. } = item;
        let text: Arc<str> = assemble::text(stream.kind(), message.at, self.sequence, message.data()).into();
        let mut stopping = self.stopping.clone();
        loop {
            match self.sink.deliver(Arc::clone(&text)).await {
                Outcome::Delivered => return,
                Outcome::Refused => break,
                // An alert is retried until it is accepted; of the other streams there will be a newer message.
                Outcome::Failed if stream == Stream::Alert => tokio::select! {
                    _ = stopping.changed() => break,
                    () = self.sink.until_permitted() => {}
                },
                Outcome::Failed => break,
            }
        }
        debug!("{} did not take message {}", self.handle.name(), self.sequence);
        self.handle.drop_messages(1);
    }

    fn lose(&mut self, count: u64) {
        self.sequence += count;
        self.handle.drop_messages(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_no_secrets() {
        let named = |url: &str| {
            let settings = format!("kind = \"webhook\"\nurl = \"{url}\"");
            name(&toml::from_str(&settings).expect("settings"))
        };
        assert_eq!(named("https://user:word@hooks.example:8443/T0/secret?key=1"), "webhook https://hooks.example:8443");
        assert_eq!(named("http://127.0.0.1:9000"), "webhook http://127.0.0.1:9000");
    }
}
