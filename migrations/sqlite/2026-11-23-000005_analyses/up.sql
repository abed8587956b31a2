CREATE TABLE analyses (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('draft', 'published')),
    date TEXT NOT NULL,
    countries TEXT NOT NULL,
    published_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX analyses_by_date ON analyses (state, date, id);

CREATE TABLE translations (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    analysis_id BIGINT NOT NULL REFERENCES analyses (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    body TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (analysis_id, language)
);

CREATE TABLE analysis_topics (
    analysis_id BIGINT NOT NULL REFERENCES analyses (id) ON DELETE CASCADE,
    topic_id BIGINT NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    PRIMARY KEY (analysis_id, topic_id)
);
