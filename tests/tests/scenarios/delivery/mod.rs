//! What is heard by whom and when: order, load, readers and publishers that are slow or many, and what it all costs.

mod barrier;
mod compression;
mod idle;
mod large;
mod long_answer;
mod many;
mod memory;
mod order;
mod pressure;
mod slow_reader;
