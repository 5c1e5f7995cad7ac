//! What the listeners answer until the process is ready: that it runs, and what it is at.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use crypto::secret::Entropy;

use crate::{config::Config, layers, ops::health, request_id::RequestIds};

/// A browser asks again by itself after so many seconds.
const REFRESH: &str = "2";

/// A process that starts. Cheap to clone.
#[derive(Clone)]
pub struct Starting(Arc<Inner>);

struct Inner {
    step: Mutex<&'static str>,
    request_ids: RequestIds,
    is_tls: bool,
}

impl Starting {
    /// One that has done nothing yet.
    pub fn new(config: &Config, entropy: &Entropy) -> Self {
        Self(Arc::new(Inner {
            step: Mutex::new("it reads its settings"),
            request_ids: RequestIds::new(entropy),
            is_tls: config.is_tls(),
        }))
    }

    /// What it does from now on, as the end of a sentence.
    pub fn at(&self, step: &'static str) {
        tracing::debug!("starting: {step}");
        *self.0.step.lock().unwrap_or_else(PoisonError::into_inner) = step;
    }

    fn step(&self) -> &'static str {
        *self.0.step.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers of the console's and the services' listeners.
    pub fn public(&self) -> Router {
        Router::new().fallback(not_yet).with_state(self.clone())
    }

    /// Answers of the operations listener.
    pub fn operations(&self) -> Router {
        let router = Router::new().route("/livez", get(health::livez)).route("/readyz", get(readyz)).fallback(not_yet);
        router.with_state(self.clone())
    }
}

async fn readyz(State(starting): State<Starting>) -> (StatusCode, String) {
    (StatusCode::SERVICE_UNAVAILABLE, format!("starting: {}\n", starting.step()))
}

async fn not_yet(State(starting): State<Starting>, request: Request) -> Response {
    let id = starting.0.request_ids.next();
    let detail = format!("Keyward is starting: {}. Try again in a moment.", starting.step());
    let accept = request.headers().get(header::ACCEPT);
    let answer = layers::words(accept, &id, StatusCode::SERVICE_UNAVAILABLE, "unavailable", &detail);
    let mut response = ([(header::REFRESH, REFRESH)], answer).into_response();
    layers::envelope::finish(&mut response, starting.0.is_tls, &id);
    response
}
