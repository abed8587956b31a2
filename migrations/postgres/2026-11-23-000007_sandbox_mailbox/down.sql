DROP TABLE sandbox_mails;
