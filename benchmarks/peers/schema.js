// The part of Waybill's schema that the benchmarks ask for, word for word.
export const schema = `
scalar Cursor
scalar Amount
scalar DateTime
type Query {
  orders(first: Int! = 20, after: Cursor): OrderConnection!
  order(by: OrderBy!): Order
}
type Mutation { orderPlace(input: OrderPlaceInput!): OrderPlacePayload! }
input OrderBy { id: ID! }
type Money { amount: Amount! currency: String! }
type PageInfo { hasNextPage: Boolean! endCursor: Cursor }
type OrderConnection { nodes: [Order!]! pageInfo: PageInfo! }
type Order {
  id: ID!
  number: String!
  status: String!
  fulfillmentStatus: String!
  placedAt: DateTime!
  subtotal: Money!
  total: Money!
  customer: Customer
  lines: [OrderLine!]!
  shipments(first: Int! = 20): ShipmentConnection!
}
type Customer { id: ID! name: String! email: String }
type OrderLine { id: ID! sku: String! title: String! quantity: Int! unitPrice: Money! gross: Money! }
type ShipmentConnection { nodes: [Shipment!]! }
type Shipment {
  id: ID!
  status: String!
  carrier: String!
  shippedAt: DateTime
  deliveredAt: DateTime
  parcels: [Parcel!]!
}
type Parcel {
  position: Int!
  trackingNumber: String
  trackingUrl: String
  trackingStatus: String!
  trackedAt: DateTime
  scans(first: Int! = 20): ScanConnection!
}
type ScanConnection { nodes: [Scan!]! }
type Scan { status: String! occurredAt: DateTime! place: String }
type OrderPlacePayload { order: Order errors: [Refusal!]! }
type Refusal { message: String! }
input OrderPlaceInput {
  idempotencyKey: String!
  channel: String!
  customer: CustomerInput!
  lines: [LineInput!]!
  charges: [ChargeInput!]!
  addresses: [AddressInput!]!
  shippingMethod: String
  paymentMethod: String!
}
input CustomerInput { email: String! name: String! phone: String }
input LineInput { sku: String! quantity: Int! }
input MoneyInput { amount: Amount! currency: String! }
input ChargeInput { kind: String! title: String! amount: MoneyInput! tax: MoneyInput! }
input AddressInput {
  kind: String!
  name: String!
  street: String!
  postalCode: String!
  city: String!
  countryCode: String!
  phone: String
}
`;
