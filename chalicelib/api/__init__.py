"""HTTP: one blueprint per noun, request and response models beside their routes."""
