//! Paging: which slice of a list was asked for, and what came back.

/// A page number from 1 and a size; anything odd becomes the first page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    pub number: i64,
    pub size: i64,
}

impl PageRequest {
    pub fn new(number: Option<i64>, size: i64) -> Self {
        Self { number: number.unwrap_or(1).clamp(1, 1_000_000), size: size.clamp(1, 500) }
    }
    pub fn offset(self) -> i64 {
        (self.number - 1) * self.size
    }
}

/// One slice of a list, and how many rows there are in all.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub total: i64,
    pub request: PageRequest,
}

impl<T> Page<T> {
    /// How many pages there are; an empty list has one.
    pub fn pages(&self) -> i64 {
        ((self.total + self.request.size - 1) / self.request.size).max(1)
    }
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(f).collect(), total: self.total, request: self.request }
    }
}
