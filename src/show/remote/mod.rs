//! The table in a browser: the state of the ECS becomes messages and reports of the server, and requests of clients are
//! executed.
//!
//! ```text
//!  ECS (Publish stage) ──► billiards_server: hub and boards ──► browsers
//!  ECS (before Ingest) ◄── requests ◄──────────────────────────────┘
//! ```
//!
//! The server's crate documents how clients are served, the protocol's crate the messages.

mod alert;
mod boards;
mod camera_picture;
mod mailbox;
mod performance;
mod publish;
pub mod snapshot;

use crate::{calibrate::CalibrationEnded, operate::ControlState, sense::LatestSight, stages::PipelineSystems};
use bevy::{prelude::*, render::renderer::RenderAdapterInfo};
use billiards_calibration::camera::board::board_svg;
use billiards_server::{Server, ServerConfig};
use billiards_table::TableEvent;
use mailbox::ClientRequests;
use std::{
    net::TcpListener,
    ops::Deref,
    sync::{Mutex, PoisonError},
};

/// Returns a server configuration for this program: default limits, no publishers, new tokens, an empty log.
#[must_use]
pub fn server_config() -> ServerConfig {
    let lens_board = || board_svg().map_err(|error| format!("OpenCV: {error}"));
    ServerConfig::new(env!("CARGO_PKG_VERSION"), lens_board)
}

/// Serves the table to browsers from a listener that [`billiards_server::bind`] has bound.
///
/// Needs the resources `TableSpec`, `LivePrediction`, `SourceHealth` and `Calibration`.
pub struct RemotePlugin {
    listener: Mutex<Option<TcpListener>>,
    config: ServerConfig,
}

impl RemotePlugin {
    /// Creates a plugin that serves from `listener`.
    #[must_use]
    pub fn new(listener: TcpListener, config: ServerConfig) -> Self {
        Self { listener: Mutex::new(Some(listener)), config }
    }
}

/// Running server. Removing it closes the clients' connections and shuts it down.
#[derive(Resource)]
pub struct RemoteServer(Server);

impl Deref for RemoteServer {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0
    }
}

impl Plugin for RemotePlugin {
    fn build(&self, app: &mut App) {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(listener) = listener else {
            error!("the remote view is off: its listener was used already");
            return;
        };
        match Server::start(listener, &self.config) {
            Ok((server, requests)) => {
                info!("the remote view is at http://{}", server.address());
                app.insert_resource(RemoteServer(server)).insert_resource(ClientRequests(requests));
            }
            // The trainer also works without the server.
            Err(error) => error!("the remote view is off: {error}"),
        }
        app.add_message::<TableEvent>()
            .add_message::<CalibrationEnded>()
            .add_systems(
                Update,
                // The trajectory goes first: a client is greeted when there is a state, with both.
                (publish::trajectory, publish::state, publish::vitals, alert::raise, performance::measure)
                    .chain()
                    .in_set(PipelineSystems::Publish)
                    .run_if(resource_exists::<RemoteServer>),
            )
            .add_systems(
                Update,
                (
                    mailbox::execute_requests.before(PipelineSystems::Ingest),
                    alert::raise_storage.in_set(PipelineSystems::Publish).after(publish::vitals),
                    (boards::controls, boards::settings, boards::shots, mailbox::answer)
                        .chain()
                        .in_set(PipelineSystems::Publish)
                        .after(publish::vitals),
                )
                    .run_if(resource_exists::<RemoteServer>.and_then(resource_exists::<ControlState>)),
            )
            .add_systems(
                Update,
                boards::seen
                    .in_set(PipelineSystems::Publish)
                    .run_if(resource_exists::<RemoteServer>.and_then(resource_exists::<LatestSight>)),
            )
            .add_systems(
                Update,
                boards::gpu
                    .run_if(resource_added::<RenderAdapterInfo>)
                    .run_if(resource_exists::<RemoteServer>.and_then(resource_exists::<RenderAdapterInfo>)),
            )
            .add_systems(Last, stop.run_if(on_message::<AppExit>));
    }
}

fn stop(mut commands: Commands) {
    commands.remove_resource::<RemoteServer>();
}
