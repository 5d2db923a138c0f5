// The spike iteration of the hotel's suite, for k6: five requests, three checks each, no pause.
// BASE_URL=http://127.0.0.1:18095 k6 run --vus 20 --duration 10s benchmarks/hotel.k6.js
import http from 'k6/http';
import { check } from 'k6';

const BASE = __ENV.BASE_URL;
const JSON_TYPE = { 'Content-Type': 'application/json' };
const CHECKS = {
  'expected answer': (answer) => answer.status === 200,
  'response under 5 s': (answer) => answer.timings.duration < 5000,
  'body not empty': (answer) => answer.body && answer.body.length > 0,
};

function call(method, path, name, body = null, headers = {}) {
  check(http.request(method, `${BASE}${path}`, body, { headers, tags: { name } }), CHECKS);
}

function day(ahead) {
  return new Date(Date.now() + ahead * 86400000).toISOString().slice(0, 10);
}

function message() {
  const now = Date.now();
  return JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{
      id: '100000000000001',
      changes: [{
        field: 'messages',
        value: {
          messaging_product: 'whatsapp',
          metadata: { display_phone_number: '+5491155550000', phone_number_id: '100000000000001' },
          messages: [{
            from: '+5491155550001',
            id: `wamid.${now.toString(16)}${__VU}${__ITER}`,
            timestamp: `${Math.floor(now / 1000)}`,
            type: 'text',
            text: { body: 'Hola, quiero reservar una habitación doble' },
          }],
        },
      }],
    }],
  });
}

export default function () {
  call('GET', '/health/live', 'health_live');
  call('GET', '/health/ready', 'health_ready');
  call('POST', '/api/v1/webhooks/whatsapp', 'whatsapp_webhook', message(), JSON_TYPE);
  const first = 1 + Math.floor(Math.random() * 30);
  const stay = `check_in=${day(first)}&check_out=${day(first + 1 + Math.floor(Math.random() * 7))}`;
  call('GET', `/api/v1/pms/availability?${stay}`, 'pms_availability');
  call('GET', '/api/v1/pms/room-types', 'pms_room_types');
}
