//! Settings of the remote view.

use billiards_protocol::stream::Stream;
use billiards_table::text::Compact;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

/// Settings of the remote view.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RemoteSettings {
    /// Handling of messages that a publisher's receiver does not accept.
    pub resilience: ResilienceSettings,
    /// Publishers: destinations to which messages are sent in addition to the clients.
    pub publishers: Vec<PublisherSettings>,
}

/// Handling of messages that the receiver does not accept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResilienceSettings {
    /// Maximum number of retries of a message, 0 to 10.
    #[schemars(range(max = 10))]
    pub retries: u8,
    /// Delay before the first retry, seconds, 0.001 to 60; each further delay is twice as long.
    #[schemars(range(min = 0.001, max = 60.0))]
    pub base_delay_s: f64,
    /// Number of consecutive failures, retries included, after which nothing is sent for a while, 1 to 1000.
    #[schemars(range(min = 1, max = 1000))]
    pub failures: u32,
    /// Time for which nothing is sent, seconds, 0.01 to 3600; then a single attempt is made with one message.
    #[schemars(range(min = 0.01, max = 3600.0))]
    pub open_s: f64,
}

impl Default for ResilienceSettings {
    fn default() -> Self {
        Self { retries: 3, base_delay_s: 0.1, failures: 10, open_s: 30.0 }
    }
}

/// Destination to which messages are sent in addition to the clients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum PublisherSettings {
    /// Publisher that posts each message to a web address.
    Webhook(WebhookSettings),
    /// Publisher that appends each message as a line to a file.
    File(FileSettings),
}

/// Settings of a publisher that posts each message to a web address, as `application/json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Web address that messages are posted to, `http://` or `https://`.
    pub url: String,
    /// Names of the streams that are published.
    #[serde(default = "only_alerts")]
    pub streams: BTreeSet<Stream>,
    /// Maximum number of messages per second of a stream, 0.1 to 1000; alerts are not limited.
    #[serde(default = "once_a_second")]
    pub max_fps: f64,
    /// Timeout for the receiver's answer to a message, seconds, 0.01 to 60.
    #[serde(default = "five_seconds")]
    pub timeout_s: f64,
}

/// Settings of a publisher that appends each message as a line to a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileSettings {
    /// Path of the file; messages are appended to it.
    pub path: PathBuf,
    /// Names of the streams that are published.
    #[serde(default = "only_alerts")]
    pub streams: BTreeSet<Stream>,
    /// Maximum number of messages per second of a stream, 0.1 to 1000; alerts are not limited.
    #[serde(default = "once_a_second")]
    pub max_fps: f64,
    /// Maximum size of the file, bytes, from 4096. A file that would grow beyond it is renamed to `PATH.1`, that to
    /// `PATH.2`, and so on.
    #[serde(default = "ten_megabytes")]
    pub max_bytes: u64,
    /// Maximum number of renamed files that are kept, 0 to 99; the oldest is deleted.
    #[serde(default = "three")]
    pub keep: u8,
}

fn only_alerts() -> BTreeSet<Stream> {
    [Stream::Alert].into()
}

fn once_a_second() -> f64 {
    1.0
}

fn five_seconds() -> f64 {
    5.0
}

fn ten_megabytes() -> u64 {
    10_000_000
}

fn three() -> u8 {
    3
}

/// A setting with an invalid value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is {value}; {wanted}")]
pub struct BadRemoteSetting {
    /// Path of the setting.
    pub name: String,
    /// The invalid value.
    pub value: String,
    /// Description of a valid value.
    pub wanted: String,
}

fn within(name: impl Into<String>, value: f64, least: f64, most: f64) -> Result<(), BadRemoteSetting> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let wanted = format!("{least} to {most} is possible");
    Err(BadRemoteSetting { name: name.into(), value: Compact(value).to_string(), wanted })
}

impl RemoteSettings {
    /// Checks all settings.
    ///
    /// # Errors
    /// Returns the first setting that is invalid, with a description of a valid value.
    pub fn validate(&self) -> Result<(), BadRemoteSetting> {
        self.resilience.validate()?;
        self.publishers
            .iter()
            .enumerate()
            .try_for_each(|(i, publisher)| publisher.validate(&format!("publishers[{i}]")))
    }
}

impl ResilienceSettings {
    fn validate(&self) -> Result<(), BadRemoteSetting> {
        within("resilience.retries", self.retries.into(), 0.0, 10.0)?;
        within("resilience.base_delay_s", self.base_delay_s, 0.001, 60.0)?;
        within("resilience.failures", self.failures.into(), 1.0, 1000.0)?;
        within("resilience.open_s", self.open_s, 0.01, 3600.0)
    }

    /// Returns the delay before the first retry.
    pub(crate) fn base_delay(&self) -> Duration {
        Duration::from_secs_f64(self.base_delay_s)
    }

    /// Returns the time for which an open breaker sends nothing.
    pub(crate) fn open(&self) -> Duration {
        Duration::from_secs_f64(self.open_s)
    }
}

impl PublisherSettings {
    fn validate(&self, name: &str) -> Result<(), BadRemoteSetting> {
        let (streams, max_fps) = match self {
            Self::Webhook(webhook) => (&webhook.streams, webhook.max_fps),
            Self::File(file) => (&file.streams, file.max_fps),
        };
        if streams.is_empty() {
            let wanted = format!("it needs one at least: {}", Stream::ALL.map(Stream::name).join(", "));
            return Err(BadRemoteSetting { name: format!("{name}.streams"), value: "empty".to_owned(), wanted });
        }
        within(format!("{name}.max_fps"), max_fps, 0.1, 1000.0)?;
        match self {
            Self::Webhook(webhook) => {
                let rest = webhook.url.strip_prefix("http://").or_else(|| webhook.url.strip_prefix("https://"));
                if rest.is_none_or(|rest| rest.is_empty() || rest.starts_with('/') || rest.contains(' ')) {
                    let wanted = "an address like http://host:port/path is expected".to_owned();
                    let value = format!("`{}`", webhook.url);
                    return Err(BadRemoteSetting { name: format!("{name}.url"), value, wanted });
                }
                within(format!("{name}.timeout_s"), webhook.timeout_s, 0.01, 60.0)
            }
            Self::File(file) => {
                if file.path.file_name().is_none() || file.path == Path::new("") {
                    let value = format!("`{}`", file.path.display());
                    let wanted = "the path of a file is expected".to_owned();
                    return Err(BadRemoteSetting { name: format!("{name}.path"), value, wanted });
                }
                within(format!("{name}.max_bytes"), file.max_bytes as f64, 4096.0, 1e15)?;
                within(format!("{name}.keep"), file.keep.into(), 0.0, 99.0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RemoteSettings, String> {
        let settings: RemoteSettings = toml::from_str(text).map_err(|error| error.to_string())?;
        settings.validate().map_err(|error| error.to_string())?;
        Ok(settings)
    }

    #[test]
    fn what_is_left_out_is_the_default() {
        assert_eq!(read(""), Ok(RemoteSettings::default()));
        let settings = read(
            "[[publishers]]\nkind = \"webhook\"\nurl = \"http://localhost:9000/hook\"\n\
             [[publishers]]\nkind = \"file\"\npath = \"log.jsonl\"\nstreams = [\"state\", \"alert\"]\nmax_fps = 5.0\n\
             [resilience]\nretries = 0\n",
        )
        .expect("fine");
        assert_eq!((settings.resilience.retries, settings.resilience.failures), (0, 10));
        let PublisherSettings::Webhook(webhook) = &settings.publishers[0] else { panic!("{settings:?}") };
        assert_eq!((webhook.streams.clone(), webhook.timeout_s), ([Stream::Alert].into(), 5.0));
        let PublisherSettings::File(file) = &settings.publishers[1] else { panic!("{settings:?}") };
        assert_eq!((file.max_fps, file.max_bytes, file.keep), (5.0, 10_000_000, 3));
    }

    #[test]
    fn nonsense_is_named() {
        let webhook = "[[publishers]]\nkind = \"webhook\"\n";
        for (text, part) in [
            ("[resilience]\nopen_s = 0.0".to_owned(), "resilience.open_s is 0; 0.01 to 3600 is possible"),
            ("[resilience]\nbase_delay_s = nan".to_owned(), "resilience.base_delay_s is NaN"),
            ("[resilience]\ntries = 1".to_owned(), "tries"),
            (format!("{webhook}url = \"ftp://x\""), "publishers[0].url is `ftp://x`; an address like"),
            (format!("{webhook}url = \"http://x\"\nstreams = []"), "publishers[0].streams is empty"),
            (format!("{webhook}url = \"http://x\"\nmax_fps = 0.0"), "publishers[0].max_fps is 0"),
            (format!("{webhook}url = \"http://x\"\nstreams = [\"score\"]"), "score"),
            ("[[publishers]]\nkind = \"file\"\npath = \"/\"".to_owned(), "publishers[0].path is `/`"),
            ("[[publishers]]\nkind = \"file\"\npath = \"a\"\nmax_bytes = 1".to_owned(), "publishers[0].max_bytes is 1"),
            ("[[publishers]]\nkind = \"pigeon\"".to_owned(), "pigeon"),
        ] {
            let told = read(&text).expect_err(&text);
            assert!(told.contains(part), "{text}: {told}");
        }
    }
}
