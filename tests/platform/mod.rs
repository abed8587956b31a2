//! What features stand on: leases and jobs.

mod jobs;
mod lease;
