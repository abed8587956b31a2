//! `pledgepost demo`: a fresh database with sample content, and the story of the product played on it.

pub mod content;
