//! Files of a site's owner as they lie in a folder: none from outside it, none whose name begins with a dot.
//!
//! Promises: links may lead anywhere within the folder and nowhere else, whoever moves them while a file is opened; what is
//! no plain file is not waited for. Called by the site for every file it serves.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use rustix::fs::{Mode, OFlags};
use std::io::{self, ErrorKind, SeekFrom};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower_http::services::fs::{Backend, File, ServeDir};

/// The answer to a request for a file of a folder, by the path of its URL; `None` when there is nothing.
pub(crate) async fn answer(folder: PathBuf, request: Request) -> io::Result<Option<Response>> {
    if !is_open(request.uri()) {
        return Ok(None);
    }
    match ServeDir::with_backend(folder.clone(), Beneath { folder }).try_call(request).await {
        Ok(response) if response.status() == StatusCode::NOT_FOUND => Ok(None),
        Ok(response) => Ok(Some(response.map(Body::new))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a path may name a file: none of its parts begins with a dot, whatever it is written as.
fn is_open(path: &Uri) -> bool {
    let decoded = percent_encoding::percent_decode_str(path.path()).collect::<Vec<u8>>();
    decoded.split(|byte| matches!(byte, b'/' | b'\\')).all(|part| !part.starts_with(b"."))
}

/// Opens files below a folder.
#[derive(Debug, Clone)]
struct Beneath {
    folder: PathBuf,
}

/// One that is open.
struct Opened(tokio::fs::File);

impl Backend for Beneath {
    type File = Opened;
    type Metadata = std::fs::Metadata;
    type OpenFuture = Pin<Box<dyn Future<Output = io::Result<Opened>> + Send>>;
    type MetadataFuture = Pin<Box<dyn Future<Output = io::Result<std::fs::Metadata>> + Send>>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        let folder = self.folder.clone();
        Box::pin(async move { Ok(Opened(tokio::fs::File::from_std(blocking(move || open(&folder, &path)).await?))) })
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        let folder = self.folder.clone();
        Box::pin(blocking(move || open(&folder, &path)?.metadata()))
    }
}

/// The console's own thread has a pool, on which tokio reads these very files; nothing of it runs on a shard.
#[allow(clippy::disallowed_methods, reason = "not on a shard")]
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| io::Error::from(ErrorKind::Interrupted))?
}

/// Opens first and asks then what and where it is: what was asked before could be another file by now.
fn open(folder: &Path, path: &Path) -> io::Result<std::fs::File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = std::fs::File::from(rustix::fs::open(path, flags, Mode::empty()).map_err(absent)?);
    let kind = file.metadata()?.file_type();
    let place = std::fs::read_link(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file)))?;
    let is_within = place.starts_with(folder.canonicalize()?);
    if is_within && (kind.is_file() || kind.is_dir()) { Ok(file) } else { Err(ErrorKind::NotFound.into()) }
}

/// Whatever a path leads to that is no file, there is nothing at it.
fn absent(error: rustix::io::Errno) -> io::Error {
    use rustix::io::Errno;
    match error {
        Errno::NOTDIR
        | Errno::LOOP
        | Errno::NAMETOOLONG
        | Errno::INVAL
        | Errno::NXIO
        | Errno::NODEV
        | Errno::ACCESS => ErrorKind::NotFound.into(),
        other => other.into(),
    }
}

impl File for Opened {
    type Metadata = std::fs::Metadata;
    type MetadataFuture<'a> = Pin<Box<dyn Future<Output = io::Result<std::fs::Metadata>> + Send + 'a>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        Box::pin(self.0.metadata())
    }
}

impl AsyncRead for Opened {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl AsyncSeek for Opened {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.0).start_seek(position)
    }
    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.0).poll_complete(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;
    use std::os::unix::fs::symlink;

    async fn status(folder: &Path, method: &str, path: &str) -> StatusCode {
        let Ok(uri) = path.parse::<Uri>() else { return StatusCode::BAD_REQUEST };
        let request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
        let answer = answer(folder.to_owned(), request).await.unwrap();
        answer.map_or(StatusCode::NOT_FOUND, |answer| answer.status())
    }

    #[tokio::test]
    async fn what_is_in_the_folder_is_served_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let (folder, outside) = (place.path().join("site"), place.path().join("site-private"));
        for path in [&folder, &outside, &folder.join("maps"), &folder.join(".git")] {
            std::fs::create_dir(path).unwrap();
        }
        for path in ["site/a.txt", "site/maps/index.html", "site/.env", "site/.git/config", "site-private/secret"] {
            std::fs::write(place.path().join(path), "content").unwrap();
        }
        symlink("a.txt", folder.join("near")).unwrap();
        symlink(folder.join("a.txt"), folder.join("whole")).unwrap();
        symlink("maps", folder.join("folder")).unwrap();
        symlink(outside.join("secret"), folder.join("far")).unwrap();
        symlink("../site-private", folder.join("up")).unwrap();
        symlink("loop", folder.join("loop")).unwrap();
        symlink("gone", folder.join("dangling")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, folder.join("fifo"), rustix::fs::FileType::Fifo, Mode::RWXU, 0).unwrap();
        for method in ["GET", "HEAD"] {
            for (path, expected) in [
                ("/a.txt", 200),
                ("/near", 200),
                ("/whole", 200),
                ("/maps/", 200),
                ("/folder/", 200),
                ("/maps", 307),
                ("/none", 404),
                ("/a.txt/below", 404),
                ("/far", 404),
                ("/up/secret", 404),
                ("/up/", 404),
                ("/loop", 404),
                ("/dangling", 404),
                ("/fifo", 404),
                ("/.env", 404),
                ("/%2eenv", 404),
                ("/.git/config", 404),
                ("/maps/../../site-private/secret", 404),
                ("/maps%2f..%2f..%2fsite-private%2fsecret", 404),
                ("/..%2fsite-private/secret", 404),
                ("/a.txt%00", 404),
            ] {
                let found = status(&folder, method, path).await.as_u16();
                assert!(found == expected, "{method} {path}: {found}");
            }
        }
        let name = format!("/{}", "x".repeat(300));
        assert_eq!(status(&folder, "GET", &name).await, StatusCode::NOT_FOUND);
        let part = Request::builder().uri("/a.txt").header(header::RANGE, "bytes=1-2").body(Body::empty());
        let part = answer(folder.clone(), part.unwrap()).await.unwrap().unwrap();
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    }

    #[test]
    fn a_link_is_judged_by_where_it_leads_when_it_is_opened() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("site");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("inside"), "inside").unwrap();
        std::fs::write(place.path().join("outside"), "outside").unwrap();
        for (target, is_within) in [("inside", true), ("../outside", false), ("inside", true)] {
            let link = folder.join("link");
            let _ = std::fs::remove_file(&link);
            symlink(target, &link).unwrap();
            assert_eq!(open(&folder, &link).is_ok(), is_within, "{target}");
        }
        // The folder itself may be reached by a link.
        symlink("site", place.path().join("public")).unwrap();
        let public = place.path().join("public");
        assert!(open(&public, &public.join("inside")).is_ok());
    }
}
