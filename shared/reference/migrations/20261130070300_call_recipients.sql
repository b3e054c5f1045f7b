-- migrate:up
alter table ref_programmes add column called text not null default 'penerima bantuan';
comment on column ref_programmes.called is 'How pages and reports call those who receive, behind a noun: keluarga isoman';
update ref_programmes set called = 'isoman' where programme = 'isoman';
-- migrate:down
-- squawk-ignore ban-drop-column
alter table ref_programmes drop column called;
