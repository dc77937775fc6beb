//! What the gateway answers over HTTP: its health, and what stands behind a dialect and its site.

mod health;
mod service;
mod site_service;
