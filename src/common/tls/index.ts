export * from './pem';
export * from './peer-tls';
