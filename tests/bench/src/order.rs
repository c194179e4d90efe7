/// What a customer orders.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// In whole currency units.
    pub amount: u64,
    /// `product.label`.
    pub label: &'a str,
    /// `product.details`.
    pub details: &'a str,
    /// `customer.name`.
    pub name: &'a str,
    /// `customer.phone`.
    pub phone: &'a str,
}

/// The documentation's order.
pub const ORDER: Order<'_> = Order {
    amount: 150_000,
    label: "Achat d'un Iphone S",
    details: "Iphone S, 32 GB, Gris...",
    name: "Kanza",
    phone: "066304925",
};
