-- One order with its lines, shipments, parcels and scans: $1 is its key.
select '{"data":{"order":' || coalesce((
  select '{"id":"order_' || encode(uuid_send(o.id), 'hex') || '","number":"' || o.number || '","status":"' || o.status
      || '","fulfillmentStatus":"' || o.fulfillment_status || '","placedAt":"'
      || to_char(o.placed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
      || '","lines":[' || coalesce((
        select string_agg('{"sku":' || to_json(l.sku) || ',"title":' || to_json(l.title) || ',"quantity":' || l.quantity
          || '}', ',' order by l.position, l.id)
        from order_lines l where l.order_id = o.id), '')
      || '],"shipments":{"nodes":[' || coalesce((
        select string_agg('{"status":"' || s.status || '","carrier":' || to_json(s.carrier) || ',"shippedAt":'
          || coalesce('"' || to_char(s.shipped_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"', 'null')
          || ',"deliveredAt":'
          || coalesce('"' || to_char(s.delivered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"', 'null')
          || ',"parcels":[' || coalesce((
            select string_agg('{"position":' || p.position || ',"trackingNumber":'
              || coalesce(to_json(p.tracking_number)::text, 'null') || ',"trackingUrl":'
              || coalesce(to_json(p.tracking_url)::text, 'null') || ',"trackingStatus":"' || p.tracking_status
              || '","trackedAt":'
              || coalesce('"' || to_char(p.tracked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"', 'null')
              || ',"scans":{"nodes":[' || coalesce((
                select string_agg('{"status":"' || c.status || '","occurredAt":"'
                  || to_char(c.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","place":'
                  || coalesce(to_json(c.place)::text, 'null') || '}', ',' order by c.occurred_at desc, c.id desc)
                from (select * from scans where parcel_id = p.id order by occurred_at desc, id desc limit 20) c), '')
              || ']}}', ',' order by p.position, p.id)
            from parcels p where p.shipment_id = s.id), '') || ']}', ',' order by s.created_at, s.id)
        from (select * from shipments where order_id = o.id order by created_at, id limit 5) s), '') || ']}}'
  from orders o where o.id = $1), 'null') || '}}'
