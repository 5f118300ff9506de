// Where backups may be said to lie in a system file, and where their copies may go.
import { describe, expect, it } from 'vitest';
import { OffsitePlace, offsiteVariables, Place } from '../../../src/archives/settings.ts';

const s3 = { kind: 's3', bucket: 'provote-backups', region: 'eu-central-1' };

describe('a place', () => {
  it.each([
    [{ kind: 'directory', path: '/var/backups/provote' }],
    [{ ...s3, prefix: 'provote/database/' }],
    [{ ...s3, endpoint: 'https://minio.example.net:9000' }],
    [{ ...s3, endpoint: 'http://127.0.0.1:9000' }],
    [{ ...s3, endpoint: 'http://localhost:9000' }],
  ])('may be %j', (place) => {
    expect(Place.safeParse(place).success).toBe(true);
  });

  it.each([
    ['a directory that is not absolute', { kind: 'directory', path: 'backups' }],
    ['a directory that could be an option', { kind: 'directory', path: '-rf' }],
    ['a server elsewhere that is reached in clear', { ...s3, endpoint: 'http://minio.example.net:9000' }],
    ['a server whose name only looks like this machine', { ...s3, endpoint: 'http://127.0.0.1.example.net' }],
    ['a prefix that ends in the middle of a name', { ...s3, prefix: 'provote' }],
    ['anything with a credential in it', { ...s3, secretAccessKey: 'hunter2' }],
  ])('may not be %s', (_what, place) => {
    expect(Place.safeParse(place).success).toBe(false);
  });
});

describe('a place out of the house', () => {
  const KEY = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
  const place = { place: s3, encryptTo: [KEY] };
  const keys = { accessKeyIdFrom: 'OUT_KEY_ID', secretAccessKeyFrom: 'OUT_SECRET' };

  it('names where copies go and to which public keys they are encrypted', () => {
    expect(OffsitePlace.parse(place)).toMatchObject({ prefix: '', encryptTo: [KEY] });
    expect(OffsitePlace.safeParse({ ...place, prefix: 'provote-' }).success).toBe(true);
  });

  it.each([
    ['without a public key: nothing leaves the house in clear', { ...place, encryptTo: [] }],
    ['that says nothing about keys', { place: s3 }],
    ['with a secret key', { ...place, encryptTo: ['AGE-SECRET-KEY-1QQQ'] }],
    ['whose names could lead elsewhere', { ...place, prefix: '../' }],
    ['whose names would be hidden', { ...place, prefix: '.x' }],
  ])('may not be one %s', (_what, given) => {
    expect(OffsitePlace.safeParse(given).success).toBe(false);
  });

  it('names the variables with its credentials', () => {
    expect(offsiteVariables(OffsitePlace.parse({ ...place, s3: keys }))).toEqual(['OUT_KEY_ID', 'OUT_SECRET']);
    expect(offsiteVariables(OffsitePlace.parse(place))).toEqual([]);
    expect(offsiteVariables(undefined)).toEqual([]);
  });
});
