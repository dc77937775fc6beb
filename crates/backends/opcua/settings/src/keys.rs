//! The backend's keys in the dialect's section: servers, their variables, and how a lost server is found again.
//!
//! Promises: the doc comments are what people read in the reference of the configuration. Read by every part of the backend;
//! the dialect reads the names, types and notes of the variables for itself.

use std::time::Duration;
use tieline_model::settings::{Kind, Value, choice, section};

/// A free table, as a person wrote it.
pub type Notes = serde_json::Map<String, serde_json::Value>;

section! {
    /// The OPC UA servers behind the section.
    pub struct OpcuaSettings {
        /// Configuration files of the reference (`OpcUaClient*.xml`): each describes one server with its variables, and
        /// stands for a `server` table. A relative path starts in the folder the program was started in.
        import: Vec<String> = "[]",
        /// The longest pause between two attempts to reach a server that is away. The first comes after half a second.
        retry: Duration = "\"5s\"",
        /// How long values of variables with `history = true` are kept; `"0"` keeps them until `history_bytes` are full.
        history_keep: Duration = "\"30d\"",
        /// How many bytes the kept values may take, about; the oldest go first. 0 is no bound.
        history_bytes: u64 = "2000000000",
        /// The servers.
        server: Vec<ServerSettings> = "[]",
    }
}

section! {
    /// One OPC UA server.
    pub struct ServerSettings {
        /// What it is called in topics, logs and rights, as in `plant`: `opcua.plant.Temperature`.
        name: String = "\"\"",
        /// Where it is, as in `opc.tcp://127.0.0.1:4840`.
        endpoint: String = "\"\"",
        /// How what is sent to it is secured.
        security_policy: SecurityPolicy = "\"None\"",
        /// Whether what is sent is signed, or signed and encrypted. `None` goes with the policy `None` only.
        security_mode: SecurityMode = "\"None\"",
        /// The application URI its certificate has to name; empty accepts the one its endpoint tells.
        application_uri: String = "\"\"",
        /// The user to log in as; empty is nobody in particular.
        user: String = "\"\"",
        /// The file whose first line is the user's password. A configuration file of the reference has it in its own element.
        password_file: String = "\"\"",
        /// The certificate to log in with instead of a password, PEM or DER.
        user_certificate: String = "\"\"",
        /// The private key of `user_certificate`, PEM.
        user_key: String = "\"\"",
        /// Whether a password may be sent without encryption, where others can read it, or encrypted for a certificate that nobody
        /// has said to trust.
        insecure_password: bool = "false",
        /// The namespaces that `node` counts, from 1, by their URI: their order in the server does not matter. 0 is the standard's.
        namespaces: Vec<String> = "[]",
        /// How long connecting may take, all steps together: finding the host, greeting, channel, session, logging in.
        connect_timeout: Duration = "\"30s\"",
        /// How long the server has for one answer; a client that waits for longer is told `BadTimeout`.
        request_timeout: Duration = "\"10s\"",
        /// Whose clock the times come from that clients get and that are kept.
        timestamps: Clock = "\"source\"",
        /// How changes are learned: by subscriptions, or by reading again and again.
        subscriptions: Subscriptions = "\"auto\"",
        /// How often the server reports what has changed.
        publishing: Duration = "\"100ms\"",
        /// How often the server looks at a variable, or how often it is read where there are no subscriptions; `"0"` is as
        /// often as the server can. A variable may have its own.
        sampling: Duration = "\"250ms\"",
        /// How many changes of a variable the server holds until it reports; older ones are lost, which is counted. A variable
        /// may have its own.
        queue: u64 = "10",
        /// Its variables.
        variable: Vec<VariableSettings> = "[]",
        /// Folders whose variables are there for clients without being listed.
        folder: Vec<FolderSettings> = "[]",
        /// Methods that clients call by writing their arguments.
        method: Vec<MethodSettings> = "[]",
    }
}

section! {
    /// A folder of a server: every variable below it.
    pub struct FolderSettings {
        /// The node to begin at, as in `ns=1;s=Line1`; `ns` counts in `namespaces`, from 1, and 0 is the standard's.
        node: String = "\"\"",
        /// What the names of its variables begin with, as in `line1.`; the rest is their path below the node, with points
        /// between.
        prefix: String = "\"\"",
        /// How many levels below the node are looked at.
        depth: u64 = "5",
        /// Paths that are left out, with what is below them, as in `*.Internal*`; a star stands for any text.
        exclude: Vec<String> = "[]",
        /// The most variables that are taken; there being more is told, and the rest left out.
        most: u64 = "20000",
        /// Whether clients may write them.
        writable: bool = "false",
        /// How often the folder is looked through again; at once where the server tells that its nodes have changed.
        renew: Duration = "\"10m\"",
    }
}

section! {
    /// A method of a server: a `WRITE_REQUEST` of an object with its arguments calls it.
    pub struct MethodSettings {
        /// What clients call it; unique among all servers, variables and methods together.
        name: String = "\"\"",
        /// The node of the object it belongs to, as in `ns=1;s=Line1`.
        object: String = "\"\"",
        /// The method's own node, as in `ns=1;s=Line1.Start`.
        method: String = "\"\"",
        /// What else clients are told of it: texts and tables, as you like.
        meta: Notes = "{}",
    }
}

section! {
    /// One variable of a server.
    pub struct VariableSettings {
        /// What clients call it, as in `Temperature`; unique among all servers.
        name: String = "\"\"",
        /// The node, as in `ns=0;i=2258`; `ns` counts in `namespaces`, from 1, and 0 is the standard's.
        node: String = "\"\"",
        /// Its type, as in `Double`: the name of an OPC UA built-in type.
        r#type: String = "\"\"",
        /// Whether it is an array.
        array: bool = "false",
        /// What else clients are told of it: texts and tables, as you like.
        meta: Notes = "{}",
        /// Whether its values are kept in the store, for servers that have no history. It is then always monitored.
        history: bool = "false",
        /// How often the server looks at it, as in `1s`; empty is the server's `sampling`.
        sampling: String = "\"\"",
        /// How many of its changes the server holds until it reports; 0 is the server's `queue`.
        queue: u64 = "0",
        /// Smaller changes are not reported: `{ absolute = 0.5 }` in its own unit, or `{ percent = 1 }` of its range
        /// (`EURange`), for servers that know one. For numbers only.
        deadband: Notes = "{}",
        /// What counts as a change.
        trigger: Trigger = "\"value\"",
    }
}

choice! {
    /// Whose clock the times come from that clients get and that are kept.
    pub enum Clock {
        /// That of what measured the value; the server's where there is none.
        Source = "source",
        /// The server's.
        Server = "server",
        /// The gateway's: when the value arrived. For servers whose clocks are wrong.
        Gateway = "gateway",
    }
}

choice! {
    /// How changes are learned.
    pub enum Subscriptions {
        /// The server reports them; one that has no subscriptions is read again and again.
        Auto = "auto",
        /// The server is read again and again, every `sampling`.
        Poll = "poll",
    }
}

choice! {
    /// What counts as a change (OPC UA part 4, DataChangeTrigger).
    pub enum Trigger {
        /// Another status.
        Status = "status",
        /// Another status or value.
        Value = "value",
        /// Another status, value or source timestamp.
        Timestamp = "timestamp",
    }
}

choice! {
    /// How what is sent to a server is secured (OPC UA part 7, security policies).
    pub enum SecurityPolicy {
        /// Not at all.
        None = "None",
        /// RSA, AES with 256 bits, SHA-256.
        Basic256Sha256 = "Basic256Sha256",
        /// RSA with OAEP, AES with 128 bits, SHA-256.
        Aes128Sha256RsaOaep = "Aes128_Sha256_RsaOaep",
        /// RSA with PSS, AES with 256 bits, SHA-256.
        Aes256Sha256RsaPss = "Aes256_Sha256_RsaPss",
    }
}

choice! {
    /// Whether messages are signed and encrypted (OPC UA part 4, MessageSecurityMode).
    pub enum SecurityMode {
        /// Neither.
        None = "None",
        /// Nobody can change them.
        Sign = "Sign",
        /// Nobody can change or read them.
        SignAndEncrypt = "SignAndEncrypt",
    }
}

impl VariableSettings {
    /// How often the server is to look at it; `None` when the text is no time.
    pub fn sampling_or(&self, servers: Duration) -> Option<Duration> {
        match Kind::Duration.read(&self.sampling) {
            _ if self.sampling.is_empty() => Some(servers),
            Some(Value::Duration(own)) => Some(own),
            _ => None,
        }
    }
}
