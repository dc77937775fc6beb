//! Builds the web pages in `ui/` into `OUT_DIR` and writes `pages.rs` there, the table through which the crate embeds them.
//!
//! Promises: writes nothing outside `OUT_DIR`, so that the source tree stays clean and two builds never meet; does nothing
//! at all when the sources are the ones that were built last (their hash is kept beside the result); says in one paragraph
//! what to do when Node is missing. Called by cargo, with the feature `pages` or without.

#![allow(clippy::print_stdout, reason = "this is how a build script talks to cargo")]

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsStr;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fmt, fs, io};

/// The oldest Node that the pages' tools run on.
const NODE: (u32, u32) = (20, 19);

/// What is never a source: what tools leave in `ui/` when somebody works there.
const NOT_SOURCES: [&str; 2] = ["node_modules", "dist"];

/// Files that decide what is installed; the rest only decides what is built.
const INSTALL: [&str; 3] = [".npmrc", "package.json", "package-lock.json"];

fn main() -> Result<(), Problem> {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_PAGES").is_none() {
        return Ok(());
    }
    let sources = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("ui");
    let out = PathBuf::from(variable("OUT_DIR")?);
    let files = find(&sources)?;
    let (work, pages) = (out.join("ui"), out.join("pages"));

    let built = fingerprint(&sources, files.iter())?;
    if out.join("pages.rs").is_file() && stamp(&out.join("pages.stamp")) == Some(built) {
        return Ok(());
    }
    check_node()?;
    let installed = fingerprint(&sources, files.iter().filter(|file| INSTALL.iter().any(|name| file.ends_with(name))))?;
    let already = work.join("node_modules").is_dir() && stamp(&out.join("install.stamp")) == Some(installed);
    copy(&sources, &files, &work, already)?;
    if !already {
        run(&work, "npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"])?;
        fs::write(out.join("install.stamp"), installed.to_string())?;
    }
    run(&work, "npm", &["run", "--silent", "check"])?;
    let target = pages.to_string_lossy().into_owned();
    run(&work, "npx", &["--no-install", "vite", "build", "--emptyOutDir", "--logLevel", "warn", "--outDir", &target])?;
    fs::write(out.join("pages.rs"), table(&pages)?)?;
    fs::write(out.join("pages.stamp"), built.to_string())?;
    Ok(())
}

/// The built files as Rust: `&[(name, bytes, hash of the bytes), …]`, names with `/` between their parts.
fn table(pages: &Path) -> Result<String, Problem> {
    let mut rows = String::from("&[\n");
    for file in walk(pages, &mut |_| ())? {
        let name = file.strip_prefix(pages).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let hash = fingerprint(pages, [&file].into_iter())?;
        rows.push_str(&format!("    ({name:?}, include_bytes!({file:?}), {hash:#018x}),\n"));
    }
    rows.push_str("]\n");
    Ok(rows)
}

/// All source files, sorted, each told to cargo together with its folder, so that a new file is noticed too.
fn find(root: &Path) -> Result<Vec<PathBuf>, Problem> {
    // The topmost folder also holds what tools leave there: watching it would build anew after each of their runs.
    let files = walk(root, &mut |folder| {
        if folder != root {
            println!("cargo::rerun-if-changed={}", folder.display());
        }
    })?;
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    Ok(files)
}

/// The files below `root`, sorted; `enter` is told of every folder.
fn walk(root: &Path, enter: &mut impl FnMut(&Path)) -> Result<Vec<PathBuf>, Problem> {
    let (mut files, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        enter(&folder);
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.file_name().and_then(OsStr::to_str).is_some_and(|name| NOT_SOURCES.contains(&name)) {
                continue;
            }
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A hash of names and contents. Only ever compared with one made by the same compiler on the same machine.
fn fingerprint<'a>(root: &Path, files: impl Iterator<Item = &'a PathBuf>) -> Result<u64, Problem> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.strip_prefix(root).unwrap_or(file).hash(&mut hasher);
        fs::read(file)?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn stamp(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.parse().ok()
}

/// Puts the sources, and nothing else but perhaps what was installed for them, into `work`.
fn copy(root: &Path, files: &[PathBuf], work: &Path, keep_installed: bool) -> Result<(), Problem> {
    if !keep_installed && work.exists() {
        fs::remove_dir_all(work)?;
    }
    let sources = work.join("src");
    if sources.exists() {
        fs::remove_dir_all(sources)?;
    }
    for file in files {
        let to = work.join(file.strip_prefix(root).unwrap_or(file));
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(file, to)?;
    }
    Ok(())
}

fn check_node() -> Result<(), Problem> {
    let Ok(output) = Command::new("node").arg("--version").output() else {
        return Err(missing("Node is not installed, or not in PATH"));
    };
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let mut numbers = text.trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) if (major, minor) >= NODE => {}
        _ => return Err(missing(&format!("the Node in PATH is {text}"))),
    }
    match Command::new("npm").arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err(missing("npm is not installed, or not in PATH")),
    }
}

fn missing(what: &str) -> Problem {
    let (major, minor) = NODE;
    Problem(format!(
        "the web pages cannot be built: {what}. They need Node {major}.{minor} or newer with npm. Install it, or build a \
         gateway without pages: cargo build --release --no-default-features"
    ))
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<(), Problem> {
    let told = format!("{program} {}", arguments.join(" "));
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| missing(&format!("`{told}` did not start ({error})")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Problem(format!(
        "the web pages cannot be built: `{told}` failed in {}.\n{}{}\nTo build a gateway without pages: cargo build \
         --release --no-default-features",
        folder.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    )))
}

fn variable(name: &str) -> Result<String, Problem> {
    env::var(name).map_err(|_| Problem(format!("cargo has not set {name}; this script is run by cargo only")))
}

/// What stands in the way, for a person. Cargo prints a failed script's `Debug`, so that is the text itself.
struct Problem(String);

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Problem {
        Problem(format!("the web pages cannot be built: {error}"))
    }
}
