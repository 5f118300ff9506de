-- Whose own channel a command was typed in is asked at every command from a channel that is no system's.

create index incident_log_channel on holdfast.incident_log ((event ->> 'channel')) where type = 'channel';
