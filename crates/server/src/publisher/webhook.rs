//! Publisher that posts each message to a web address.

use crate::{
    resilience::{Failure, Sink},
    settings::WebhookSettings,
};
use std::{sync::Arc, time::Duration};
use tokio::task::spawn_blocking;
use ureq::{Agent, Error};

/// Sink that posts each message to a web address.
pub(super) struct Webhook {
    agent: Agent,
    url: Arc<str>,
}

impl Webhook {
    pub fn new(settings: &WebhookSettings) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs_f64(settings.timeout_s)))
            .http_status_as_error(false)
            // A posted message is not posted again elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("billiards-trainer/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent(), url: settings.url.as_str().into() }
    }
}

impl Sink for Webhook {
    async fn attempt(&self, message: Arc<str>) -> Result<(), Failure> {
        let (agent, url) = (self.agent.clone(), Arc::clone(&self.url));
        let posting = spawn_blocking(move || {
            let request = agent.post(&*url).content_type("application/json");
            request.send(&*message).map(|answer| answer.status().as_u16())
        });
        match posting.await {
            Ok(answer) => judge(answer),
            Err(error) => Err(Failure::Transient(format!("the request was aborted: {error}"))),
        }
    }

    async fn finish(&self) -> Result<(), Failure> {
        Ok(())
    }
}

/// Translates the receiver's answer to a result.
fn judge(answer: Result<u16, Error>) -> Result<(), Failure> {
    match answer {
        Ok(200..=299) => Ok(()),
        // Timeout, too early, too many requests, server error: the same message may be accepted later.
        Ok(status @ (408 | 425 | 429 | 500..)) => Err(Failure::Transient(format!("it answers {status}"))),
        Ok(status @ 300..=399) => Err(Failure::Permanent(format!("it answers {status}: give the final address"))),
        Ok(status) => Err(Failure::Permanent(format!("it answers {status}"))),
        Err(error @ (Error::BadUri(_) | Error::Http(_))) => Err(Failure::Permanent(error.to_string())),
        Err(error) => Err(Failure::Transient(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_from_a_failure() {
        for status in [200, 204] {
            assert_eq!(judge(Ok(status)), Ok(()));
        }
        for status in [500, 503, 408, 429] {
            assert!(matches!(judge(Ok(status)), Err(Failure::Transient(_))), "{status}");
        }
        for status in [400, 401, 404, 410, 413, 301] {
            assert!(matches!(judge(Ok(status)), Err(Failure::Permanent(_))), "{status}");
        }
        assert!(matches!(judge(Err(Error::HostNotFound)), Err(Failure::Transient(_))));
    }
}
