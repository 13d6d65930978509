//! What clients ask for is done before anything else in an update, and answered when all is published: then the boards show
//! what has come of it.

use crate::operate::Controls;
use bevy::prelude::*;
use billiards_server::Requests;

/// The requests of clients.
#[derive(Resource)]
pub(super) struct ClientRequests(pub Requests);

/// Does what is asked.
pub(super) fn obey(mut requests: ResMut<ClientRequests>, mut controls: Controls) {
    requests.0.obey(|command| controls.obey(command));
}

/// Answers, once what was done is published.
pub(super) fn answer(mut requests: ResMut<ClientRequests>) {
    requests.0.answer();
}
