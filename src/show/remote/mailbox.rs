//! Requests of clients are executed before everything else in an update, and answered when all is published: then the
//! boards show the result.

use crate::operate::Controls;
use bevy::prelude::*;
use billiards_server::Requests;

/// Requests of clients.
#[derive(Resource)]
pub(super) struct ClientRequests(pub Requests);

/// Executes the requests.
pub(super) fn execute_requests(mut requests: ResMut<ClientRequests>, mut controls: Controls) {
    requests.0.obey(|command| controls.execute(command));
}

/// Answers the requests, once their results are published.
pub(super) fn answer(mut requests: ResMut<ClientRequests>) {
    requests.0.answer();
}
