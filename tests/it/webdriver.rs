//! The few commands of the W3C WebDriver protocol that the browser test uses, over plain HTTP.

use serde_json::{Value, json};

/// Browser window; closed on drop.
pub struct Browser {
    agent: ureq::Agent,
    session: String,
}

impl Browser {
    /// Opens a browser through the driver at `driver` (`http://127.0.0.1:PORT`).
    pub fn open(driver: &str, capabilities: &Value) -> Self {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let wanted = json!({"capabilities": {"alwaysMatch": capabilities}});
        let answer = post(&agent, &format!("{driver}/session"), &wanted);
        let id = answer["sessionId"].as_str().unwrap_or_else(|| panic!("the browser does not open: {answer}"));
        Self { agent, session: format!("{driver}/session/{id}") }
    }

    pub fn go_to(&self, page: &str) {
        self.command("url", &json!({"url": page}));
    }

    /// Runs the body of a JavaScript function in the page and returns its result.
    pub fn run(&self, script: &str) -> Value {
        self.command("execute/sync", &json!({"script": script, "args": []}))
    }

    /// Returns the window as a PNG in base64, as the protocol delivers it.
    pub fn screenshot(&self) -> String {
        let answer = self.agent.get(format!("{}/screenshot", self.session)).call();
        let answer: Value = answer.expect("the driver answers").body_mut().read_json().expect("JSON");
        answer["value"].as_str().unwrap_or_else(|| panic!("no screenshot: {answer}")).to_owned()
    }

    fn command(&self, name: &str, body: &Value) -> Value {
        post(&self.agent, &format!("{}/{name}", self.session), body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver may have exited already.
        self.agent.delete(&self.session).call().ok();
    }
}

fn post(agent: &ureq::Agent, url: &str, body: &Value) -> Value {
    let mut answer = agent.post(url).send_json(body).unwrap_or_else(|e| panic!("{url}: {e}"));
    let status = answer.status();
    let mut answer: Value = answer.body_mut().read_json().expect("JSON");
    assert!(status.is_success(), "{url}: {answer}");
    answer["value"].take()
}
