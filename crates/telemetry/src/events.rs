//! The list. `tieline config reference` prints it, `/metrics` serves its numbers.

use crate::telemetry;
use std::net::SocketAddr;
use tieline_model::{Safe, SessionId, Topic};

telemetry! {
    events {
        /// A listener is ready for clients.
        ListenerOpened: INFO "listening", "tieline_listeners_opened_total" by { dialect } with { address: SocketAddr }

        /// A client's handshake was accepted.
        SessionOpened: DEBUG "session opened", "tieline_sessions_opened_total" by { dialect }
            with { session: SessionId, peer: SocketAddr }

        /// A session has ended; `reason` is why: `client` it closed, `lost` its socket broke, `idle`, `pong` a ping was not
        /// answered, `slow` it did not read, `violation` it broke the protocol, `refused` the dialect ended it, `memory` it had
        /// to give back what it held, `message_time` its message did not come whole, `panic` a mistake of the program did,
        /// `stopping`, `cut` not even the close frame was written.
        SessionClosed: DEBUG "session closed", "tieline_sessions_closed_total" by { dialect, reason }
            with { session: SessionId, code: u16, detail: Safe }

        /// A connection was turned away before it became a session; `reason` is the kind, `detail` names the key to
        /// change if it should be allowed.
        HandshakeRefused: WARN "handshake refused", "tieline_handshakes_refused_total" by { dialect, reason }
            with { peer: SocketAddr, status: u16, detail: Safe }

        /// What a client asked for was not done; it was told so in its product's words.
        Refused: INFO "refused", "tieline_refusals_total" by { dialect, reason }
            with { session: SessionId, detail: Safe }

        /// A limit was reached; `limit` is its key under `access.limits` (or the listener's own `limits`), or `descriptors`
        /// when the process has no file descriptor left for this port.
        LimitReached: WARN "limit reached", "tieline_limits_reached_total" by { dialect, limit }
            with { peer: SocketAddr, detail: Safe }

        /// Messages a client did not take in time were dropped; `reason` is the policy: `disconnect`, `drop_oldest`,
        /// `drop_newest`; `memory` when `access.limits.memory` was spent; `stopping` or `closing` when they were still to be
        /// written at the end of `limits.drain`. The number of messages is in `messages`.
        MessagesLost: WARN "messages lost", "tieline_losses_total" by { dialect, reason }
            with { session: SessionId, topics: Safe, messages: u64, queued_bytes: u64 }

        /// More of one dialect was kept for those who come later than there is room for; the oldest of it went. `messages` is
        /// how many.
        KeptDropped: WARN "kept messages dropped", "tieline_kept_drops_total" by { dialect } with { messages: u64 }

        /// A request named others for whom it is made (`X-Forwarded-For`, `Forwarded`, `X-Real-IP`, `Via`), and came from
        /// nobody whom `access.proxy.from` lists: the address of the connection counts, and not as this machine.
        ForwardingIgnored: INFO "forwarding header ignored", "tieline_forwarding_ignored_total" by { dialect }
            with { peer: SocketAddr }

        /// The process may open fewer files (`ulimit -n`) than the connections that the limits allow, and what it needs
        /// itself: connections will be refused before those limits are reached.
        DescriptorsLow: WARN "ulimit -n is lower than the limits need", "tieline_descriptors_low_total" by {}
            with { allowed: u64, needed: u64 }
        /// Two clients speak where one is expected, so the newest message counts; `detail` names both.
        Rivals: WARN "two clients where one is expected", "tieline_rivals_total" by { dialect } with { detail: Safe }

        /// The operating system would not accept another connection, most often for want of file descriptors.
        AcceptFailed: ERROR "cannot accept connections", "tieline_accept_failures_total" by { dialect }
            with { detail: Safe }

        /// The console cannot serve any more; the dialects go on.
        ConsoleFailed: ERROR "the console has ended", "tieline_console_failures_total" by {} with { detail: Safe }

        /// A simulated client of the demo was cut off; it connects again.
        InstrumentCutOff: DEBUG "simulated client cut off", "tieline_instruments_cut_off_total" by { instrument } with {}

        /// A file in a watched folder could not be read; those who watch the scanners were told which. `reason` is the kind.
        /// One that may still be written was left alone for `settle` before, one that failed was tried again for `patience`.
        FileUnreadable: INFO "file cannot be read", "tieline_dicom_files_unreadable_total" by { reason } with {}

        /// A file could not be judged for `patience`, because the templates did not answer; it is tried again. See whether the database's disk is there and has room.
        TemplatesUnavailable: WARN "templates cannot be read", "tieline_dicom_templates_unavailable_total" by {} with {}

        /// A judgement could not be put into the dialect's words: a mistake of the program, please report it.
        JudgementRefused: ERROR "judgement refused", "tieline_dicom_judgements_refused_total" by { reason }
            with { detail: Safe }

        /// The configuration names no folder to watch, so nothing will be judged.
        NothingWatched: WARN "no folder to watch", "tieline_dicom_nothing_watched_total" by {} with {}

        /// A server behind a backend is connected: what is watched there is told again, and commands are carried out.
        LinkUp: INFO "server connected", "tieline_links_opened_total" by { source } with { server: Topic }

        /// A server that was connected is so no more; it is looked for until it is back. Those who hear its variables were
        /// told.
        LinkDown: WARN "server lost", "tieline_links_lost_total" by { source } with { server: Topic, detail: Safe }

        /// A server cannot be reached; told once until it was, or until the cause is another one.
        LinkUnreachable: WARN "server not reachable", "tieline_links_unreachable_total" by { source }
            with { server: Topic, detail: Safe }

        /// A server is there, but somebody has to do something before it can be used: `detail` says what. It is tried
        /// again, slowly, so that no account gets locked. Told once for each cause; `reason` is its kind.
        LinkRefused: ERROR "server needs a person", "tieline_links_refused_total" by { source, reason }
            with { server: Topic, detail: Safe }

        /// A server was lost again and again within seconds of being connected; the pauses between attempts grow.
        LinkUnsteady: WARN "server comes and goes", "tieline_links_unsteady_total" by { source } with { server: Topic }

        /// A namespace that the configuration names is not on the server: perhaps it is still starting, or its URI is another
        /// one. It is looked for until it is there.
        NamespaceMissing: WARN "namespace not there", "tieline_namespaces_missing_total" by { source }
            with { server: Topic, detail: Safe }

        /// A namespace that was not there is there now; its variables are watched.
        NamespaceFound: INFO "namespace found", "tieline_namespaces_found_total" by { source }
            with { server: Topic, detail: Safe }

        /// A server makes no subscription, or never reports on one: its variables are read again and again instead, every
        /// `sampling`. A subscription is asked for again now and then. Told once.
        Polled: WARN "server is polled", "tieline_links_polled_total" by { source } with { server: Topic, detail: Safe }

        /// The times of a server are more than a day off this machine's: what is kept is pruned by its arrival. See `timestamps`.
        /// Told once a server.
        ClockOff: WARN "clock of a server is wrong", "tieline_clocks_off_total" by { source }
            with { server: Topic, detail: Safe }

        /// What a backend proves itself with to servers was made, or made anew because it was near its end: servers that
        /// keep a list of trusted clients need it there. `detail` says where it lies.
        CertificateMade: WARN "own certificate made", "tieline_certificates_made_total" by { source } with { detail: Safe }

        /// A server does not let a variable be watched; those who hear it were told, and it is tried again now and then.
        ItemRefused: WARN "variable cannot be watched", "tieline_items_refused_total" by { source }
            with { topic: Topic, detail: Safe }

        /// A server refused a request for many variables as a whole; those who hear them were told, and it is tried again now
        /// and then.
        ItemsRefused: WARN "variables cannot be watched", "tieline_item_requests_refused_total" by { source }
            with { server: Topic, detail: Safe }

        /// A structure's type cannot be had from its server: its values are told as bytes, in base64. Told once in a session.
        TypeUnresolved: WARN "type of a structure is not known", "tieline_types_unresolved_total" by { source }
            with { server: Topic, detail: Safe }

        /// A folder of a server was looked through, and holds other variables than before.
        FolderRead: INFO "folder looked through", "tieline_folders_read_total" by { source }
            with { server: Topic, folder: usize, detail: Safe }

        /// A folder of a server cannot be looked through, or holds more than is taken; it is tried again.
        FolderIncomplete: WARN "folder is not complete", "tieline_folders_incomplete_total" by { source }
            with { server: Topic, folder: usize, detail: Safe }

        /// Changes of a variable were lost; how many is counted by `tieline_values_lost_total`. `reason` is `queue` more
        /// came than could be published, `server` the server had no room for them until it reported, `gap` a report of
        /// the server did not arrive.
        ValueLoss: WARN "values lost", "tieline_value_losses_total" by { source, reason } with { topic: Topic, detail: Safe }

        /// The configuration was read again on SIGHUP; `result` is `applied`, `refused` (it has problems and the one
        /// before stays) or `partly` (some changed keys need a restart).
        Reloaded: INFO "configuration read again", "tieline_reloads_total" by { result } with {}

        /// A watched folder is there and is being watched; `watch` is its number in the configured list, from 1,
        /// `method` how new files are noticed: `notify` the kernel tells, `poll` by looking again and again.
        FolderWatched: INFO "folder watched", "tieline_dicom_folders_watched_total" by { method } with { watch: u64 }

        /// A watched folder is not there (any more), is no folder, or may not be read; it is looked for until it is.
        /// `watch` is its number in the configured list, from 1.
        FolderGone: WARN "folder not there", "tieline_dicom_folders_gone_total" by {} with { watch: u64 }

        /// A folder below a watched one is left out until it can be read; `reason` is `unreadable` (its rights, or its
        /// disk) or `deep` (more than 64 folders within each other).
        FolderSkipped: WARN "folder left out", "tieline_dicom_folders_skipped_total" by { reason } with { watch: u64 }

        /// Names of files below a watched folder that `match` passes over: `names` is their kind, a well-known ending or their
        /// shape (`a` for letters, `9` for digits, `+` for other signs), told once. If they are DICOM files, add a pattern to `match`.
        NamesPassedOver: INFO "files passed over", "tieline_dicom_name_kinds_passed_over_total" by {}
            with { watch: u64, names: Safe }

        /// The kernel watches no more folders for this user; those beyond are looked at again and again instead, which
        /// takes longer to notice a file. `detail` names the setting of the kernel to raise.
        WatchLimit: WARN "no more folders can be watched", "tieline_dicom_watch_limits_total" by {}
            with { watch: u64, detail: Safe }

        /// More files are there than are remembered; from then on one may be judged a second time, never not at all.
        SeenIndexFull: WARN "more files than are remembered", "tieline_dicom_ledgers_full_total" by {} with { files: u64 }

        /// Judging a file failed by a mistake in the program; the file counts as judged, the next one goes on.
        ExamineFailed: ERROR "judging a file failed", "tieline_dicom_examine_failures_total" by {} with {}

        /// A thread of a folder's watcher did not end in time: most often a network share that does not answer.
        WatcherStuck: ERROR "a watcher does not end", "tieline_dicom_watchers_stuck_total" by { part } with {}

        /// The record of variables cannot be written or pruned, and `values` values are lost (0: none yet, they are kept
        /// and tried again): see whether the disk of `store.path` is there and has room, and who holds it locked.
        HistoryFailed: ERROR "values cannot be kept", "tieline_history_failures_total" by { source } with { values: u64 }

        /// The store did not do what it was asked; `cause` says why: `disk_full`, `read_only`, `permission`, `busy` another
        /// program holds it locked, `damaged`, `cannot_open`, `disk` its disk reports an error, `other`. `/readyz` says so
        /// until the store can be written again.
        StoreFailed: ERROR "the store does not work", "tieline_store_failures_total" by { cause } with { detail: Safe }

        /// The store can be written again, `seconds` after it failed first.
        StoreRecovered: INFO "the store works again", "tieline_store_recoveries_total" by {} with { seconds: u64 }

        /// A request was carried out (`result` is `done`) or was not (`failed`); the record of jobs says more. `executor` is
        /// what did it: `project`, `exec`, `relay`. `cause` is why a file was not imported, and empty otherwise.
        JobEnded: INFO "job ended", "tieline_jobs_total" by { executor, result }
            with { topic: Topic, session: SessionId, took_ms: u64, cause: Safe }

        /// A job could not be put into the record; its client has its answer. See whether the disk of `store.path` is there
        /// and has room.
        JobUnrecorded: ERROR "job cannot be recorded", "tieline_jobs_unrecorded_total" by {} with {}

        /// What came of a job could not be put into the dialect's words; its client has its answer.
        JobUntold: WARN "job cannot be told of", "tieline_jobs_untold_total" by { reason } with { detail: Safe }

        /// Not all processes of a program that was started for a request could be ended: one hangs in the kernel, belongs to
        /// another user, or has left its group, its parents and its environment behind.
        ProgramLeft: ERROR "a program could not be ended", "tieline_programs_left_total" by {} with {}

        /// The gateway stopped before everything under way had ended; `part` is what did not: `jobs`, or the `record` of them,
        /// in which some are missing now.
        ExecutorsCutOff: ERROR "requests were cut off", "tieline_executors_cut_off_total" by { part } with {}

        /// A mistake of the program ended one piece of work; the rest goes on. Please report the place. What the panic says is
        /// not shown, since it may repeat what a client or a file said.
        Panicked: ERROR "panic", "tieline_panics_total" by {} with { at: Safe }

        /// The gateway will stop after `wait_ms` (`access.limits.lame_duck`): `/readyz` says so already, everything else goes on.
        StopAnnounced: INFO "stop announced", "tieline_stops_announced_total" by {} with { wait_ms: u64 }
        /// The log goes on, after its reader (or that of the program's talk) did not read for so long that `lines` lines
        /// found no room.
        LogUnread: WARN "log lines were lost because nobody read them", "tieline_log_unread_total" by {}
            with { lines: u64 }

        /// The log goes on, after `lines` lines could not be written: the disk of its file is full, or its reader went away.
        LogUnwritten: WARN "log lines were lost because they could not be written", "tieline_log_unwritten_total" by {}
            with { lines: u64 }

        /// The gateway has begun to stop.
        Stopping: INFO "stopping", "tieline_stops_total" by {} with { sessions: u64 }

        /// The gateway has stopped: how many sessions said goodbye in time, how many were cut off, and what of messages was
        /// still to be written to those.
        Stopped: INFO "stopped", "tieline_stopped_total" by {}
            with { sessions: u64, cut: u64, undelivered: u64, undelivered_bytes: u64 }
    }
    tallies {
        /// Messages heard from clients.
        Heard: counter "tieline_messages_heard_total" by { dialect }

        /// Messages that the hub was given to publish, by clients, backends and the console.
        Publishes: counter "tieline_messages_published_total" by { dialect }

        /// Messages handed to clients' sockets or queues, each receiver counted.
        Delivered: counter "tieline_messages_delivered_total" by { dialect }

        /// Messages that a client did not get, each receiver counted, by the policy that dropped them.
        Lost: counter "tieline_messages_lost_total" by { dialect, reason }

        /// Messages that somebody watching (`/api/tail`) did not take in time; the watcher is told how many, too.
        TailLost: counter "tieline_tail_messages_lost_total" by {}

        /// Series that were forgotten because there were too many; the next file of one is told as new again.
        SeriesForgotten: counter "tieline_dicom_series_forgotten_total" by {}

        /// Times that a template from memory had to do, because the database with the templates did not answer.
        TemplatesStale: counter "tieline_dicom_templates_stale_total" by {}

        /// Times that a client was not listened to because some shard had more to hand out than it may hold.
        HeldBack: counter "tieline_sessions_held_back_total" by { dialect }

        /// Clients that compress with a window although they were told to begin afresh with each message; they are understood all
        /// the same, for up to 32 KiB of memory each.
        WindowsKept: counter "tieline_deflate_windows_kept_total" by { dialect }

        /// Commands that a dialect's clients had carried out behind it.
        Commands: counter "tieline_commands_total" by { dialect }

        /// Commands that are not answered yet.
        CommandsOpen: gauge "tieline_commands_open" by { dialect }

        /// Values that servers reported by themselves.
        ValuesReceived: counter "tieline_values_received_total" by { source }

        /// Values that were not published although a server had them; `reason` as for the event of the same kind, or `late`:
        /// the server reported it only after what is newer had been read. Of a server's own losses and of gaps it is only
        /// known that there were some: each counts one.
        ValuesLost: counter "tieline_values_lost_total" by { source, reason }

        /// Attempts to connect to a server that failed.
        LinkAttemptsFailed: counter "tieline_link_attempts_failed_total" by { source }

        /// Servers that are connected now.
        LinksOpen: gauge "tieline_links_open" by { source }

        /// Variables that servers watch for the backend now.
        ItemsMonitored: gauge "tieline_items_monitored" by { source }

        /// Requests that were sent to servers; commands that came together share one.
        RequestsSent: counter "tieline_link_requests_total" by { source }

        /// Bytes in queues, waiting for clients to read.
        QueuedBytes: gauge "tieline_queued_bytes" by { dialect }

        /// Files (or new versions of them) that were found in watched folders and had not been judged before. All of
        /// them end as judged or vanished, but for those waiting.
        FilesSeen: counter "tieline_dicom_files_seen_total" by {}

        /// Files that were judged, unreadable ones included.
        FilesJudged: counter "tieline_dicom_files_judged_total" by {}

        /// Images that were not judged because a rule of the site (`[[mr.skip]]`) leaves them out.
        FilesSkipped: counter "tieline_dicom_files_skipped_total" by {}

        /// Files that were not judged because `match` passes over their names.
        FilesPassedOver: counter "tieline_dicom_files_passed_over_total" by {}

        /// Files that were gone, or no longer files, before they could be judged.
        FilesVanished: counter "tieline_dicom_files_vanished_total" by {}

        /// News of a file that found the queue full; a scan that follows finds the file itself.
        FilesDeferred: counter "tieline_dicom_files_deferred_total" by {}

        /// Times that the kernel had more news than it keeps; each is followed by a scan.
        WatchOverflows: counter "tieline_dicom_watch_overflows_total" by {}

        /// Times that all watched folders were read from end to end.
        FolderScans: counter "tieline_dicom_folder_scans_total" by {}

        /// Files in line to be looked at, or still growing.
        FilesWaiting: gauge "tieline_dicom_files_waiting" by {}

        /// Folders that are watched now, at every depth.
        FoldersWatched: gauge "tieline_dicom_folders_watched" by {}

        /// Values of variables that were kept in the record.
        HistoryKept: counter "tieline_history_values_kept_total" by { source }

        /// Values that were to be kept and are not; `reason` is `queue` more came than could be written, also while
        /// the store could not be written at all, or `disk` writing failed for good.
        HistoryLost: counter "tieline_history_values_lost_total" by { source, reason }

        /// Values that were forgotten because they were too old or too many.
        HistoryPruned: counter "tieline_history_values_pruned_total" by { source }

        /// Bytes of what is being received and of frames that wait to be sent, of all listeners together
        /// (`access.limits.memory`).
        MemoryCharged: gauge "tieline_memory_charged_bytes" by {}

        /// Sessions that had to give memory back because `access.limits.memory` was spent; `part` is what: an unfinished
        /// `message`, or the `queue` of what they did not read.
        Evictions: counter "tieline_memory_evictions_total" by { dialect, part }
        /// Lines of the log, and of what else is printed beside it, that were lost; `reason` is `unread` nobody read them in
        /// time, or `unwritten` the disk is full or the reader has gone.
        LogLinesLost: counter "tieline_log_lines_lost_total" by { reason }

        /// Sessions open now.
        SessionsOpen: gauge "tieline_sessions_open" by { dialect }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_one_style_and_unique() {
        let mut seen = std::collections::HashSet::new();
        for row in ROWS {
            assert!(seen.insert(row.metric), "{} twice", row.metric);
            assert!(row.metric.starts_with("tieline_"), "{}", row.metric);
            assert_eq!(row.kind == "counter", row.metric.ends_with("_total"), "{}", row.metric);
            assert!(row.doc.trim().ends_with('.'), "{}", row.metric);
        }
    }
}
