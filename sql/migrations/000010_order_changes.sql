-- Paid orders of an event, for giving them back when it is cancelled: asked every other second, and mostly there are none.
CREATE INDEX orders_paid ON orders (event_id, id) WHERE status IN ('completed', 'partially_refunded');
