//! What happens to the gateway and its sessions as time goes by: commands under way, panics, pings, the farewell.

mod commands;
mod panics;
mod stop;
mod time;
