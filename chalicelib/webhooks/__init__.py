"""Messages to tenants' servers: signed, and sent to public addresses only."""
