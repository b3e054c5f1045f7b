-- name: list_columns
-- Every column of the published views with its type and comment.
select c.relname::text as view, obj_description(c.oid) as meaning, a.attname::text as name,
  format_type(a.atttypid, a.atttypmod) as type, col_description(c.oid, a.attnum) as text
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
where c.relnamespace = 'reporting'::regnamespace and c.relkind = 'v' order by c.relname, a.attnum;
