//! A mail server as the engine uses it.

use crate::mail::MailServer;

/// One of the servers that mail may go through.
#[derive(Debug, Clone)]
pub struct Server {
    /// `host:port` unless the settings say otherwise; stands beside every delivery that it took.
    pub name: String,
    pub address: MailServer,
    /// Its share of the mails, against the weights of the others.
    pub weight: u32,
    /// Connections of each process.
    pub connections: u32,
    /// Mails a minute over all nodes.
    pub per_minute: Option<i64>,
    /// Only used while every other one fails.
    pub backup: bool,
}

impl Server {
    /// A server of which nothing else is known.
    pub fn plain(address: MailServer, connections: u32) -> Self {
        Self { name: address.name(), address, weight: 1, connections, per_minute: None, backup: false }
    }
}
