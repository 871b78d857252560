import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module';
import { GroupLeasesRepository } from './group-leases.repository';
import { GroupsController } from './groups.controller';
import { GroupsService } from './groups.service';

/** Consumer groups. */
@Module({
  imports: [DeliveryModule],
  controllers: [GroupsController],
  providers: [GroupLeasesRepository, GroupsService],
})
export class GroupsModule {}
