//! Pages for staff, in English.

pub mod nav;
