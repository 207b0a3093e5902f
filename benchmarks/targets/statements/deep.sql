-- The page of orders behind $1, the time, and $2, the key, of another one. See page.sql.
select '{"data":{"orders":{"nodes":[' || coalesce(string_agg(json, ',' order by n) filter (where n <= 20), '')
  || '],"pageInfo":{"hasNextPage":' || (count(*) > 20)::text || ',"endCursor":' || coalesce(max(cursor), 'null') || '}}}}'
from (
  select n, case when n <= 20 then '{"id":"order_' || encode(uuid_send(o.id), 'hex') || '","number":"' || o.number || '","status":"' || o.status
      || '","fulfillmentStatus":"' || o.fulfillment_status || '","placedAt":"'
      || to_char(o.placed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
      || '","customer":' || coalesce((
        select '{"id":"customer_' || encode(uuid_send(c.id), 'hex') || '","name":' || to_json(c.name) || ',"email":'
          || coalesce(to_json(c.email)::text, 'null') || '}' from customers c where c.id = o.customer_id), 'null')
      || ',"subtotal":{"amount":"' || o.subtotal_minor / 100 || '.' || lpad((o.subtotal_minor % 100)::text, 2, '0')
      || '","currency":"' || o.currency || '"}'
      || ',"total":{"amount":"' || o.total_minor / 100 || '.' || lpad((o.total_minor % 100)::text, 2, '0')
      || '","currency":"' || o.currency || '"}'
      || ',"lines":[' || coalesce((
        select string_agg('{"id":"order_line_' || encode(uuid_send(l.id), 'hex') || '","sku":' || to_json(l.sku)
          || ',"title":' || to_json(l.title) || ',"quantity":' || l.quantity
          || ',"unitPrice":{"amount":"' || l.unit_price_minor / 100 || '.' || lpad((l.unit_price_minor % 100)::text, 2, '0')
      || '","currency":"' || l.currency || '"}'
          || ',"gross":{"amount":"' || l.gross_minor / 100 || '.' || lpad((l.gross_minor % 100)::text, 2, '0')
      || '","currency":"' || l.currency || '"}' || '}', ',' order by l.position, l.id)
        from order_lines l where l.order_id = o.id), '')
      || '],"shipments":{"nodes":[' || coalesce((
        select string_agg('{"id":"shipment_' || encode(uuid_send(s.id), 'hex') || '","status":"' || s.status
          || '","carrier":' || to_json(s.carrier) || ',"shippedAt":'
          || coalesce('"' || to_char(s.shipped_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"', 'null')
          || ',"parcels":[' || coalesce((
            select string_agg('{"trackingNumber":' || coalesce(to_json(p.tracking_number)::text, 'null')
              || ',"trackingStatus":"' || p.tracking_status || '"}', ',' order by p.position, p.id)
            from parcels p where p.shipment_id = s.id), '') || ']}', ',' order by s.created_at, s.id)
        from (select * from shipments where order_id = o.id order by created_at, id limit 5) s), '') || ']}}' end as json,
    case when n = least(20, whole) then '"' || encode(convert_to('order.-placed_at|' || encode(uuid_send(o.id), 'hex') || '|'
      || to_char(o.placed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'UTF8'), 'hex') || '"' end as cursor
  from (
    select *, row_number() over (order by placed_at desc, id desc) as n, count(*) over () as whole
    from (select * from orders where placed_at <= $1 and (placed_at < $1 or id < $2) order by placed_at desc, id desc limit 21) as page
  ) as o
) as shown
