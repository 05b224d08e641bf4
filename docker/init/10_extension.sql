create extension pg_tenancy;
