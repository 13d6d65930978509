//! Routes whose operations have a name and a summary in the OpenAPI document.

use crate::state::Shared;
use aide::{
    OperationInput, OperationOutput,
    axum::{
        ApiRouter,
        routing::{ApiMethodRouter, get_with},
    },
    operation::OperationHandler,
    transform::TransformOperation,
};
use axum::handler::Handler;
use std::sync::Arc;

/// Creates a route for reading.
pub(super) fn read<H, I, O, T>(handler: H, id: &'static str, summary: &'static str) -> ApiMethodRouter<Arc<Shared>>
where
    H: Handler<T, Arc<Shared>> + OperationHandler<I, O>,
    I: OperationInput,
    O: OperationOutput,
    T: 'static,
{
    get_with(handler, named(id, summary))
}

/// Returns a function that gives an operation its id and summary.
pub(super) fn named(id: &'static str, summary: &'static str) -> impl Fn(TransformOperation) -> TransformOperation {
    move |op| op.id(id).summary(summary)
}

/// Adds a tag to all operations of `routes`.
pub(super) fn tagged(tag: &str, routes: ApiRouter<Arc<Shared>>) -> ApiRouter<Arc<Shared>> {
    routes.with_path_items(|path| path.tag(tag))
}
