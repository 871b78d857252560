import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module';
import { WebhookDelivery } from './webhook.delivery';
import { WebhooksController } from './webhooks.controller';
import { WebhooksService } from './webhooks.service';

/** Webhooks. */
@Module({
  imports: [DeliveryModule],
  controllers: [WebhooksController],
  providers: [WebhookDelivery, WebhooksService],
})
export class WebhooksModule {}
