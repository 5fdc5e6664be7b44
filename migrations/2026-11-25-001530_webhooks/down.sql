DROP TABLE webhook_delivery, webhook;
