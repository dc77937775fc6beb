//! The executors' keys in their dialect's section (contract `inspect`, "Executors" and "Files"). Read by the gateway's
//! configuration and by [`crate::BACKEND`].

mod check;

pub(crate) use check::check;

use std::path::PathBuf;
use std::time::Duration;
use tieline_model::settings::{Named, choice, section};

section! {
    /// Which files clients may name, and what carries their requests out.
    pub(crate) struct ExecutorSettings {
        /// The folders that files are read from, at every depth; whole paths. A link is followed, and what it leads to must
        /// lie in one of them as well. Without any, no file can be read.
        allow_paths: Vec<String> = "[]",
        /// Which local folders the drives and folders of the clients' machines are.
        path_map: Vec<PathMapSettings> = "[]",
        /// The largest file that is read, in bytes.
        max_file_size: u64 = "268435456",
        /// How much the project may take in the store, in bytes, about: thumbnails, elements and what is known of images.
        max_project_size: u64 = "17179869184",
        /// Whether a client whose file was not imported is told why, in parentheses behind the product's own sentence. Scripts
        /// that compare replies with those sentences want `false`.
        reply_cause: bool = "false",
        /// How many jobs are remembered, the newest; a job is one request that was carried out or failed.
        jobs: u64 = "100000",
        /// What carries out which request, by the key at its top. Without a table of their own `image` and `elements` are
        /// imported into the project; a table of another name makes a request of that name known, and one of the name `"*"`
        /// takes every other request that is JSON, texts and lists too.
        commands: Named<CommandSettings> = "{}",
    }
}

section! {
    /// One folder of the clients' machines.
    pub(crate) struct PathMapSettings {
        /// How the paths begin that clients send, as in `C:/temp`; both slashes and any case will do. The longest that fits
        /// counts.
        from: String = "\"\"",
        /// The local folder that it is, a whole path; it must lie in `allow_paths` too.
        to: String = "\"\"",
    }
}

section! {
    /// What carries out one kind of request.
    pub(crate) struct CommandSettings {
        /// What carries it out.
        executor: Way = "\"project\"",
        /// The program and its arguments. `{file}` in an argument becomes the local path of the request's file, `{name}`,
        /// `{focal_length}` and `{import_mode}` its parameters, `{request}` the whole request, and `{{` a brace. Each stays
        /// one argument, whatever is in it, and no shell sees it; put `"--"` before a value that may begin with a hyphen,
        /// if the program knows that. On its standard input there is the request, what it prints is the reply.
        program: Vec<String> = "[]",
        /// Where the measuring program listens, as in `ws://10.0.0.5:40010/`.
        url: String = "\"\"",
        /// How long it may take once it has begun. A request that has waited for that long is not begun any more.
        timeout: Duration = "\"1m\"",
        /// How many are carried out at the same time. One after the other keeps them in the order in which they were asked;
        /// into the project, each image that is very large may take up to 1.5 GiB of memory while it is imported.
        concurrency: usize = "1",
        /// How many may wait; further ones are told that it is busy.
        queue: usize = "64",
    }
}

choice! {
    /// What carries out a request.
    pub(crate) enum Way {
        /// Images and elements are imported into Tieline's own project.
        Project = "project",
        /// A program is started for each request.
        Exec = "exec",
        /// The request goes to a real measuring program, one at a time, and its reply comes back.
        Relay = "relay",
    }
}

impl ExecutorSettings {
    /// Every command that there is, with its settings: those of the product first, which need no table.
    pub(crate) fn every_command(&self) -> Vec<(&str, CommandSettings)> {
        let own = PRODUCTS.iter().map(|name| (*name, self.commands.get(name).cloned().unwrap_or_default()));
        let others = self.commands.iter().filter(|(name, _)| !PRODUCTS.contains(name) && *name != QUIT);
        own.chain(others.map(|(name, settings)| (name, settings.clone()))).collect()
    }

    /// The folders that files are read from.
    pub(crate) fn allowed(&self) -> Vec<PathBuf> {
        self.allow_paths.iter().map(PathBuf::from).collect()
    }

    /// From the beginning of a client's path to a local folder.
    pub(crate) fn mapped(&self) -> Vec<(String, PathBuf)> {
        self.path_map.iter().map(|map| (map.from.clone(), PathBuf::from(&map.to))).collect()
    }
}

/// The product's own commands.
pub(crate) const PRODUCTS: [&str; 2] = ["image", "elements"];

/// A key with a meaning of its own: nothing can be configured for it.
const QUIT: &str = "quit";
