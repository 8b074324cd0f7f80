"""The ground floor: the city as declared, and the few shapes that every room shares."""
