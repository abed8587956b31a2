//! Pages for staff, in English.

pub mod analyses;
pub mod nav;
