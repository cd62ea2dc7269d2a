"""Fixed scenarios, recorded from RabbitMQ; burrow is compared with every one of them."""
