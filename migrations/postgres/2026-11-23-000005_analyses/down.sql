DROP TABLE analysis_topics;
DROP TABLE translations;
DROP TABLE analyses;
