//! Access control: two tokens, two roles.
//!
//! A program or a browser on this very computer may read without a token. All others need one, and changes need one
//! from everybody. A token is sent in `Authorization: Bearer …`, or in the cookie that `POST /api/v1/session` sets;
//! never in an address, which is logged and shared.

use crate::guard;
use axum::http::{HeaderMap, header};
use billiards_files::{self, Loaded, ReadError};
use rand::{Rng, distr::Alphanumeric};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    io,
    net::IpAddr,
    path::{Path, PathBuf},
};
use subtle::ConstantTimeEq;

/// Name of the cookie that carries a token.
pub(crate) const COOKIE: &str = "billiards_token";
/// Length of a generated token, characters: 190 bits.
const TOKEN_LENGTH: usize = 32;
/// Minimum length of a token chosen by a person, characters.
const SHORTEST: usize = 12;

/// Permissions of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May do nothing.
    None,
    /// May read.
    Viewer,
    /// May read, and change everything.
    Operator,
}

/// The two tokens. They are shown to people in the panel, and written only to their file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// Token that permits reading.
    pub viewer: String,
    /// Token that permits reading and changing everything.
    pub operator: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens { .. }")
    }
}

/// Reason why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file cannot be read or written.
    #[error("cannot {what} the tokens for phones ({source}): {}", path.display())]
    File {
        /// Operation that failed: `read` or `write`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The file holds no valid tokens.
    #[error(
        "no tokens for phones ({reason}); remove the file, and new ones are made at the next start: {}", path.display()
    )]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Description of the fault.
        reason: String,
    },
}

impl Tokens {
    /// Generates new random tokens.
    #[must_use]
    pub fn random() -> Self {
        let token = || rand::rng().sample_iter(Alphanumeric).take(TOKEN_LENGTH).map(char::from).collect();
        Self { viewer: token(), operator: token() }
    }

    /// Loads the tokens from a file. A missing file is created, readable by this user alone. An empty file has lost its
    /// tokens: it gets new ones, with a warning.
    ///
    /// # Errors
    /// If the file cannot be read or created, or holds something else.
    pub fn load_or_make(path: &Path) -> Result<Loaded<Self>, TokenError> {
        let file = |what| move |source| TokenError::File { what, path: path.to_owned(), source };
        let invalid = |reason| TokenError::Invalid { path: path.to_owned(), reason };
        match billiards_files::read(path) {
            Ok(text) => Self::read(&text).map(Loaded::good).map_err(invalid),
            Err(error) if error.is_missing() => {
                let tokens = Self::random();
                match billiards_files::put_new(path, tokens.to_toml().as_bytes()) {
                    Ok(()) => Ok(Loaded::good(tokens)),
                    // Another program has created the file meanwhile.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::load_or_make(path),
                    Err(error) => Err(file("write")(error)),
                }
            }
            Err(ReadError::Empty) => {
                let value = Self::random();
                billiards_files::put(path, value.to_toml().as_bytes()).map_err(file("write"))?;
                let warning = format!(
                    "the tokens for phones are lost, the file was empty: new ones are made, and every phone has to scan \
                     its code again: {}",
                    path.display()
                );
                Ok(Loaded { value, warning: Some(warning) })
            }
            Err(error @ ReadError::NotText(_)) => Err(invalid(error.to_string())),
            Err(ReadError::Io(error)) => Err(file("read")(error)),
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        // The parser's error would quote the line, and with it the token.
        let tokens: Self = toml::from_str(text)
            .map_err(|error| format!("`viewer` and `operator` are expected: {}", error.message()))?;
        for (name, token) in [("viewer", &tokens.viewer), ("operator", &tokens.operator)] {
            if token.len() < SHORTEST
                || !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            {
                return Err(format!("`{name}`: at least {SHORTEST} letters, digits, -, _ and . are expected"));
            }
        }
        if tokens.viewer == tokens.operator {
            return Err("`viewer` and `operator` are the same".to_owned());
        }
        Ok(tokens)
    }

    fn to_toml(&self) -> String {
        let tokens = toml::to_string(self).expect("two texts have a TOML form");
        let head = "# Who has these may look at the table, or change everything. Remove the file for new ones.\n";
        head.to_owned() + &tokens
    }

    /// Returns the role that a token grants.
    #[must_use]
    pub fn role(&self, token: &str) -> Role {
        // Compared in constant time: the duration reveals nothing about the token.
        let is = |known: &str| bool::from(known.as_bytes().ct_eq(token.as_bytes()));
        match (is(&self.operator), is(&self.viewer)) {
            (true, _) => Role::Operator,
            (_, true) => Role::Viewer,
            _ => Role::None,
        }
    }

    /// Returns the role of a request's sender.
    pub(crate) fn judge(&self, headers: &HeaderMap, peer: IpAddr) -> Role {
        let by_token = token(headers).map_or(Role::None, |token| self.role(token));
        if is_local(headers, peer) { by_token.max(Role::Viewer) } else { by_token }
    }
}

/// Returns whether a request comes from this computer, and not through a proxy on it.
pub(crate) fn is_local(headers: &HeaderMap, peer: IpAddr) -> bool {
    let passed_on = headers.contains_key(header::FORWARDED) || headers.contains_key("x-forwarded-for");
    peer.to_canonical().is_loopback() && !passed_on
}

/// Returns whether the request presents an invalid token.
pub(crate) fn is_wrong(role: Role, headers: &HeaderMap) -> bool {
    // On this computer, reading is permitted whatever token is presented.
    headers.contains_key(header::AUTHORIZATION) && role == Role::None
}

/// Returns the token that a request presents.
fn token(headers: &HeaderMap) -> Option<&str> {
    if let Some(value) = guard::only(headers, header::AUTHORIZATION) {
        let (scheme, token) = value.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim());
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|value| value.split(';')).find_map(|pair| {
        let (name, token) = pair.split_once('=')?;
        (name.trim() == COOKIE).then(|| token.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};
    use std::{fs, os::unix::fs::PermissionsExt};

    fn headers(of: &[(HeaderName, String)]) -> HeaderMap {
        of.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).expect("a value"))).collect()
    }

    #[test]
    fn tokens_are_made_once_for_their_user_alone() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("deep/access.toml");
        let Loaded { value: made, warning } = Tokens::load_or_make(&path).expect("made");
        assert_eq!(warning, None);
        assert_eq!(Tokens::load_or_make(&path).expect("read"), Loaded::good(made.clone()));
        assert_eq!((made.viewer.len(), made.operator.len()), (TOKEN_LENGTH, TOKEN_LENGTH));
        assert_ne!(made, Tokens::random());
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
        fs::write(&path, "\0\0\0\0").expect("emptied");
        let Loaded { value: new, warning } = Tokens::load_or_make(&path).expect("made anew");
        assert!(new != made && warning.expect("a warning").contains("access.toml"));
        assert_eq!(Tokens::load_or_make(&path).expect("read"), Loaded::good(new));
    }

    #[test]
    fn a_bad_file_is_told_without_what_is_in_it() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("access.toml");
        let secret = "averysecretsecret";
        for text in [
            format!("viewer = \"{secret}\""),
            format!("viewer = \"{secret}\"\noperator = \"short\""),
            format!("viewer = \"{secret}\"\noperator = \"{secret}\""),
            secret.to_owned(),
        ] {
            fs::write(&path, &text).expect("writes");
            let error = Tokens::load_or_make(&path).expect_err("bad").to_string();
            assert!(error.contains("access.toml") && !error.contains(secret), "{error}");
            assert_eq!(fs::read_to_string(&path).expect("there"), text, "what a person wrote is not overwritten");
        }
        fs::write(&path, b"viewer = \xff").expect("writes");
        let error = Tokens::load_or_make(&path).expect_err("no text").to_string();
        assert!(error.contains("byte 9") && error.contains("access.toml"), "{error}");
        assert!(!format!("{:?}", Tokens::random()).contains('"'));
    }

    #[test]
    fn roles_come_from_tokens_and_from_being_here() {
        let tokens = Tokens::random();
        let (here, there) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([192, 168, 1, 7]));
        let bearer = |token: &str| headers(&[(header::AUTHORIZATION, format!("Bearer {token}"))]);
        let cookie = |token: &str| headers(&[(header::COOKIE, format!("a=b; {COOKIE}={token}; c=d"))]);
        for carried in [bearer as fn(&str) -> HeaderMap, cookie] {
            assert_eq!(tokens.judge(&carried(&tokens.operator), there), Role::Operator);
            assert_eq!(tokens.judge(&carried(&tokens.viewer), there), Role::Viewer);
            assert_eq!(tokens.judge(&carried("guess"), there), Role::None);
            assert_eq!(tokens.judge(&carried("guess"), here), Role::Viewer);
            assert_eq!(tokens.judge(&carried(""), there), Role::None);
        }
        assert_eq!(tokens.judge(&HeaderMap::new(), here), Role::Viewer);
        assert_eq!(tokens.judge(&HeaderMap::new(), "::ffff:127.0.0.1".parse().expect("an address")), Role::Viewer);
        assert_eq!(tokens.judge(&HeaderMap::new(), there), Role::None);
        // A proxy on this computer forwards requests of others.
        let passed_on = headers(&[(HeaderName::from_static("x-forwarded-for"), "192.168.1.7".to_owned())]);
        assert_eq!(tokens.judge(&passed_on, here), Role::None);
    }
}
