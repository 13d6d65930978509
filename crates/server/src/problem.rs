//! Refusals over HTTP, according to RFC 9457.

use aide::{OperationOutput, generate::GenContext, openapi::Operation};
use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use billiards_protocol::json;
use billiards_table::command::Refusal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A refusal: a status, a stable code for programs, and a description for people.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    retry_after: Option<u32>,
}

/// A problem document (`application/problem+json`, RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProblemData {
    /// Type of the problem, always `about:blank`: the title is that of the status, and `code` distinguishes problems.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name of the status.
    pub title: String,
    /// HTTP status code.
    pub status: u16,
    /// Description for people: what was wrong, and what would be right.
    pub detail: String,
    /// Stable code of the problem for programs, independent of the description.
    pub code: String,
}

impl Problem {
    /// Creates a problem with the status' own code; `detail` tells people what was wrong and what would be right.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let code = match status {
            StatusCode::BAD_REQUEST => "bad_request",
            StatusCode::UNAUTHORIZED => "token_needed",
            StatusCode::FORBIDDEN => "forbidden",
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
            StatusCode::REQUEST_TIMEOUT => "timeout",
            StatusCode::CONFLICT => "conflict",
            StatusCode::PAYLOAD_TOO_LARGE => "too_large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
            StatusCode::UNPROCESSABLE_ENTITY => "invalid",
            StatusCode::MISDIRECTED_REQUEST => "wrong_host",
            StatusCode::UPGRADE_REQUIRED => "upgrade_required",
            StatusCode::TOO_MANY_REQUESTS => "rate_limited",
            StatusCode::SERVICE_UNAVAILABLE => "unavailable",
            _ => "failed",
        };
        Self { status, code, detail: detail.into(), retry_after: None }
    }

    /// Replaces the code.
    pub fn with_code(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    /// Sets the time after which to retry, seconds.
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Creates the problem of a part of the program that has no data yet.
    pub fn not_yet(what: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, format!("{what} is not known yet; try again in a moment"))
            .with_code("not_yet")
            .retry_after(1)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::Missing(_) => StatusCode::NOT_FOUND,
            Refusal::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::Busy(_) | Refusal::Unavailable(_) => StatusCode::CONFLICT,
            Refusal::Failed(_) => StatusCode::INSUFFICIENT_STORAGE,
        };
        let code = match refusal {
            Refusal::Missing(_) => "not_found",
            Refusal::Invalid(_) => "invalid",
            Refusal::Busy(_) => "busy",
            Refusal::Unavailable(_) => "no_such_part",
            Refusal::Failed(_) => "disk",
        };
        Self::new(status, refusal.to_string()).with_code(code)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json(&ProblemData {
            kind: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code.to_owned(),
        });
        let headers = [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")];
        let mut response = (self.status, headers, body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl OperationOutput for Problem {
    type Inner = ProblemData;

    fn operation_response(context: &mut GenContext, operation: &mut Operation) -> Option<aide::openapi::Response> {
        let mut response = Json::<ProblemData>::operation_response(context, operation)?;
        let content = std::mem::take(&mut response.content);
        response.content = content.into_values().map(|media| ("application/problem+json".to_owned(), media)).collect();
        "A refusal: what was wrong, and what would be right.".clone_into(&mut response.description);
        Some(response)
    }
}
